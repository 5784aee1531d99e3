/** What one turn of a crowded thread may cost, so that the next one comes soon. */
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { monotonicMs } from "../../../shared/clock.ts";
import {
  NEWCOMERS_READ_MAX, NEWCOMER_MS, PIPELINE_SHARED_MAX, SLICE_BUSY_BYTES, TURN_ARRIVING_MAX,
  TURN_REQUESTS_MAX, UNREAD_BYTES_MAX,
} from "../../../shared/door_limits.ts";
import { Pipeline, type Arrived, type GatedConnection } from "../../../shared/http/pipeline.ts";
import { RequestGate } from "../../../shared/http/request_gate.ts";

class FakeConnection implements GatedConnection {
  readonly socket = new Socket();
  readonly pipeline = new Pipeline();
  unfinished = 0;
  readonly isReadingBody = false;
  isGone = false;
  /** What the parser was given, chunk by chunk. */
  readonly parsed: number[] = [];

  constructor() {
    this.socket.on("data", (chunk: Buffer) => this.parsed.push(chunk.length));
  }

  /** The client's, without a round through the stream. */
  sends(chunk: Buffer): void {
    this.socket.emit("data", chunk);
  }
}

function open(t: TestContext) {
  const served: Arrived[] = [];
  const gate = new RequestGate((arrived) => void served.push(arrived), () => {});
  const connections: FakeConnection[] = [];
  t.after(() => connections.forEach((one) => gate.forget(one)));
  const connect = (): FakeConnection => {
    const connection = new FakeConnection();
    connections.push(connection);
    gate.opened(connection);
    return connection;
  };
  return { gate, served, connect };
}

const REQUEST = {} as Arrived;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("a turn in which somebody connects serves few, and those that follow the rest", async (t) => {
  const { gate, served, connect } = open(t);
  const crowd = Array.from({ length: 3 * TURN_ARRIVING_MAX }, connect);
  for (const connection of crowd) {
    connection.unfinished = 1;
    gate.take(connection, REQUEST);
  }
  assert.equal(served.length, 0, "who pipelines waits");
  const polite = connect();
  gate.take(polite, REQUEST);
  assert.equal(served.length, 1, "who asks one thing at a time does not");
  await turn();
  assert.equal(served.length, 1 + TURN_ARRIVING_MAX, "some, and not all");
  for (let nth = 0; nth < 3; nth++) await turn();
  assert.equal(served.length, 1 + crowd.length);
});

test("a turn in which nobody connects serves who is there", async (t) => {
  const { gate, served, connect } = open(t);
  const crowd = Array.from({ length: 3 * TURN_ARRIVING_MAX }, connect);
  await turn();
  for (const connection of crowd) gate.take(connection, REQUEST);
  assert.equal(served.length, crowd.length);
});

test("a newcomer alone is read at once; in a wave of them who came is read after it", async (t) => {
  const { connect } = open(t);
  const alone = connect();
  assert(!alone.socket.isPaused());
  await turn();
  const wave = [connect(), connect(), connect()];
  assert(wave.every(({ socket }) => socket.isPaused()), "the turn before had one, too");
  await turn();
  const latest = connect();
  assert(wave.every(({ socket }) => socket.isPaused()) && latest.socket.isPaused());
  for (let nth = 0; nth < 2; nth++) await turn();
  assert([...wave, latest].every(({ socket }) => !socket.isPaused()));
});

test("newcomers of a wave without an end are read after a while, so many a turn", async (t) => {
  const { connect } = open(t);
  connect();
  await turn();
  const startedMs = monotonicMs();
  const wave = Array.from({ length: 2 * NEWCOMERS_READ_MAX }, connect);
  const isRead = () => wave.filter(({ socket }) => !socket.isPaused()).length;
  while (isRead() === 0) {
    connect();
    await turn();
  }
  assert(monotonicMs() - startedMs >= NEWCOMER_MS - 1);
  // Where those at the end came later they are not all due at once.
  assert(isRead() <= NEWCOMERS_READ_MAX);
});

test("who comes in a turn is served before those that wait, so many of them", async (t) => {
  const { gate, served, connect } = open(t);
  const crowd = Array.from({ length: 2 * TURN_REQUESTS_MAX }, connect);
  for (let nth = 0; nth < 100; nth++) await turn();
  for (const connection of crowd) gate.take(connection, REQUEST);
  assert.equal(served.length, TURN_REQUESTS_MAX);
  for (let nth = 0; nth < 4; nth++) await turn();
  assert.equal(served.length, crowd.length);
});

test("what a newcomer brings to a busy thread is parsed a slice at a time", async (t) => {
  const { gate, connect } = open(t);
  gate.inFlight = PIPELINE_SHARED_MAX;
  const newcomer = connect();
  newcomer.sends(Buffer.alloc(10 * SLICE_BUSY_BYTES));
  assert.deepEqual(newcomer.parsed, [SLICE_BUSY_BYTES]);
  for (let nth = 0; nth < 12; nth++) await turn();
  assert.deepEqual(newcomer.parsed, Array(10).fill(SLICE_BUSY_BYTES));
});

test("without a crowd node:http keeps what it reads to itself", async (t) => {
  const { connect } = open(t);
  const first = connect();
  await turn();
  const bytes = 10 * SLICE_BUSY_BYTES;
  first.sends(Buffer.alloc(bytes));
  assert.deepEqual(first.parsed, [bytes]);
  assert(!first.pipeline.input.isSliced);
});

test("a connection that leaves its answers unread waits outside until it reads", async (t) => {
  const { gate, served, connect } = open(t);
  const silent = connect();
  await turn();
  let unread = UNREAD_BYTES_MAX;
  Object.defineProperty(silent.socket, "writableLength", { get: () => unread });
  gate.take(silent, REQUEST);
  for (let nth = 0; nth < 3; nth++) await turn();
  assert.equal(served.length, 0);
  unread = 0;
  gate.released(silent);
  await turn();
  assert.equal(served.length, 1);
});
