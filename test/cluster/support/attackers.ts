/**
 * Clients that mean harm, in a process of their own: its only argument says as JSON how many of
 * which kind. They come from several addresses, open their connections at a bounded rate, come
 * back when they are hung up on, and stay until the process is ended. Ten lines a second tell
 * how it goes.
 */
import { connect, type Socket } from "node:net";
import { pause, systemClock } from "../../../shared/clock.ts";
import { AnswerScanner } from "../../bench/overload_answers.ts";
import { Load } from "../../bench/overload_load.ts";

export interface Attack {
  port: number;
  /** Addresses of this machine, which they come from in turn. */
  from: readonly string[];
  /** Connections that say nothing. */
  idle?: number;
  /** Connections that send a header byte by byte. */
  slowSenders?: number;
  /** Connections that ask for lists and do not read them. */
  slowReaders?: number;
  /** Orders, as many as go or at a rate. */
  orders?: { names: readonly string[]; connections: number; depth: number; perSecond?: number };
  /** Look-ups on one connection, written at once. */
  lookUps?: { name: string; bytes: number; reads: boolean };
}

/** What is told of them, each a count. */
export interface AttackReport {
  /** Connections that were made, the ones after a hang-up left out. */
  opened: number;
  open: number;
  hungUpOn: number;
  ordersGood: number;
  ordersRefused: number;
  lookUps: number;
  /** All look-ups were answered, or their connection is gone. */
  lookUpsOver: boolean;
}

const REPORT_MS = 100;
const TURN_MS = 20;
const OPENED_PER_TURN = 100;
const REOPENED_PER_TURN = 10;
const BYTE_MS = 1_000;
/** What a slow reader has asked for in the end: megabytes of answers. */
const LISTS_AT_ONCE = 100;
const LISTS_MAX = 20_000;
/** Beyond the life of any test. */
const FOR_EVER_SECONDS = 3_600;

const attack = JSON.parse(process.argv[2]!) as Attack;
const report: AttackReport = {
  opened: 0, open: 0, hungUpOn: 0, ordersGood: 0, ordersRefused: 0, lookUps: 0, lookUpsOver: false,
};

type Behave = (socket: Socket) => void;

/** How each connection that is to be made behaves: the kinds are mixed, as a crowd is. */
function behaviours(): Behave[] {
  const { idle = 0, slowSenders = 0, slowReaders = 0 } = attack;
  const all = [
    ...Array.from({ length: slowSenders }, () => sendSlowly),
    ...Array.from({ length: slowReaders }, () => readNothing),
    ...Array.from({ length: idle }, () => stayIdle),
  ];
  // Ends meet: one from the front, the next from the back.
  return all.map((_, at) => all[at % 2 === 0 ? at / 2 : all.length - (at + 1) / 2]!);
}

function stayIdle(socket: Socket): void {
  socket.resume();
}

function sendSlowly(socket: Socket): void {
  socket.resume();
  socket.write("GET /products HTTP/1.1\r\nHost: store\r\nX-Slow: ");
  const timer = setInterval(() => socket.write("a"), BYTE_MS);
  socket.once("close", () => clearInterval(timer));
}

function readNothing(socket: Socket): void {
  socket.pause();
  const lists = "GET /products?limit=100 HTTP/1.1\r\nHost: store\r\n\r\n".repeat(LISTS_AT_ONCE);
  let asked = 0;
  const ask = () => {
    for (let room = true; room && asked < LISTS_MAX; asked += LISTS_AT_ONCE) {
      room = socket.write(lists);
    }
  };
  socket.on("drain", ask);
  ask();
}

async function keepConnections(all: readonly Behave[]): Promise<void> {
  /** Of those that were hung up on, by their number. */
  const gone: number[] = [];
  const open = (nth: number): void => {
    const { port, from } = attack;
    const localAddress = from[nth % from.length];
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    let wasOpen = false;
    socket.on("error", () => {});
    socket.once("connect", () => {
      wasOpen = true;
      report.open++;
      all[nth]!(socket);
    });
    socket.once("close", () => {
      if (wasOpen) [report.open, report.hungUpOn] = [report.open - 1, report.hungUpOn + 1];
      gone.push(nth);
    });
  };
  for (;;) {
    for (let turn = 0; turn < OPENED_PER_TURN && report.opened < all.length; turn++) {
      open(report.opened++);
    }
    for (const nth of gone.splice(0, REOPENED_PER_TURN)) open(nth);
    await pause(systemClock, TURN_MS);
  }
}

function flood({ names, connections, depth, perSecond }: NonNullable<Attack["orders"]>): void {
  const load = new Load({
    host: "127.0.0.1", port: attack.port, connections, depth, from: attack.from,
    perSecond: perSecond ?? null, seconds: FOR_EVER_SECONDS, warmUpSeconds: 0,
    requests: { texts: names.map(orderOf), good: 200 },
  });
  void load.run();
  setInterval(() => {
    const { good, refused } = load.answered;
    [report.ordersGood, report.ordersRefused] = [good, refused];
  }, REPORT_MS);
}

function orderOf(name: string): string {
  const body = JSON.stringify({ name, quantity: 1 });
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const head = ["POST /orders HTTP/1.1", "Host: store", "Content-Type: application/json", length];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function lookUp({ name, bytes, reads }: NonNullable<Attack["lookUps"]>): void {
  const one = Buffer.from(`GET /products/${name} HTTP/1.1\r\nHost: store\r\n\r\n`);
  const count = Math.ceil(bytes / one.length);
  const socket = connect({ host: "127.0.0.1", port: attack.port, localAddress: attack.from[0] });
  const scanner = new AnswerScanner(() => {
    report.lookUps++;
    report.lookUpsOver ||= report.lookUps === count;
  });
  if (reads) socket.on("data", (chunk) => scanner.feed(chunk));
  else socket.pause();
  socket.on("error", () => {});
  socket.once("close", () => (report.lookUpsOver = true));
  socket.write(Buffer.alloc(count * one.length, one));
}

if (attack.orders !== undefined) flood(attack.orders);
if (attack.lookUps !== undefined) lookUp(attack.lookUps);
setInterval(() => process.stdout.write(`${JSON.stringify(report)}\n`), REPORT_MS);
await keepConnections(behaviours());
