/**
 * The fuzzer against a store as it is, for some seconds, and against servers with a planted
 * fault, each of which it must find. FUZZ_INPUTS=20000 adds a longer run, with a new seed each
 * time: by node --test and this file alone, as npm test gives no file so long.
 */
import assert from "node:assert/strict";
import { createHash, randomInt } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { judgeAnswers } from "./answers.ts";
import { type Door, drawInput, type Input, type Scene, type Target } from "./input.ts";
import { play } from "./play.ts";
import { renderOutcome } from "./report.ts";
import { type FuzzOptions, runFuzz } from "./run.ts";

const INPUTS = 3_000;
/** One set of inputs for every run of the tests; `npm run fuzz` draws its own. */
const SEED = 1;
const LONG_INPUTS = Number(process.env.FUZZ_INPUTS ?? 0);
const DRAWN = 1_000;

const KINDS = ["frontend", "catalog", "order"] as const;
const DOORS: Door[] = ["public", "internal", "secret"];

function sceneOf(door: Door, port = 1): Scene {
  const targets = KINDS.map((kind, at): Target => ({
    door, label: `${kind}-1`, port, kind, id: 1, term: 3, leader: 1, lastIndex: 5 + at, commit: 5,
    checksum: 17, rows: ["1,1,a,00000000", "2,1,b,00000001"],
  }));
  return {
    store: "toys", targets, names: ["Tux", "Fox"], adminToken: "token", secret: "s", birth: "b",
  };
}

test("the same seed draws the same inputs, another seed others", () => {
  for (const door of DOORS) {
    const draw = (seed: number) => {
      const hash = createHash("sha256");
      for (let nth = 0; nth < DRAWN; nth++) {
        const { kind, bytes, steps } = drawInput(seed, nth, sceneOf(door));
        hash.update(kind).update(bytes).update(String(steps.length));
      }
      return hash.digest("hex");
    };
    const first = draw(7);
    assert.equal(first, draw(7));
    assert.notEqual(first, draw(8));
  }
});

test("every kind of input is drawn, in every manner", () => {
  const inputs = DOORS.flatMap((door) =>
    Array.from({ length: DRAWN }, (_, nth) => drawInput(9, nth, sceneOf(door))));
  const has = (pattern: RegExp) => inputs.some(({ kind }) => pattern.test(kind));
  const whats = ["sound-get-", "sound-post-body-orders", "line", "line-connect", "headers",
    "framing", "pipeline", "pipeline-good", "mutated", "tunnel-connect", "noise",
    "sound-post-body-replicate", "sound-post-body-vote", "sound-post-body-sales",
    "sound-post-body-invalidate"];
  const manners = ["whole", "pieces", "slow", "half-closed", "leave-before", "reset-before",
    "reset-line", "reset-headers", "reset-body", "reset-after", "reset-answer"];
  const wanted = [...whats.map((what) => new RegExp(`^${what}`)),
    ...manners.map((manner) => new RegExp(`/${manner}$`))];
  assert.deepEqual(wanted.filter((pattern) => !has(pattern)).map(String), []);
});

const GOOD = '{"data":"live"}';
const BAD = '{"error":{"code":404,"message":"There is nothing at this path"}}';

function answer(status: number, body: string, headers = ""): string {
  return `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\n${headers}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** What the server does, and a part of what the judge says to it. */
const PLANTED: [what: string, text: string, verdict: RegExp | null][] = [
  ["a good answer", answer(200, GOOD), null],
  ["an error", answer(404, BAD), null],
  ["a refusal for the moment", answer(503, BAD.replace("404", "503")), null],
  ["a bug", answer(500, BAD.replace("404", "500")), /500: a fault of the store/],
  ["a bad gateway", answer(502, BAD.replace("404", "502")), /502: a fault of the store/],
  ["another shape", answer(200, '{"ok":true}'), /neither data nor/],
  ["another code", answer(400, BAD), /the error says 404/],
  ["a reason for the public", answer(404, BAD.replace('"message"', '"reason":"x","message"')),
    /an error of code,reason,message/],
  ["no JSON", answer(200, "live"), /not JSON/],
  ["two lengths", answer(200, GOOD, "Content-Length: 1\r\n"), /two lengths/],
  ["no status line", "live\r\n\r\n", /no status line/],
  ["half an answer", answer(200, GOOD).slice(0, -3), /an answer is cut/],
  ["nothing", "", /0 of 1 answers/],
];

test("the judge notices a planted fault", async (t) => {
  const [input] = soundInputs();
  for (const [what, text, verdict] of PLANTED) {
    const { port, close } = await serve(t, (socket) => socket.end(text));
    const found = judgeAnswers(input!, "public", await play(input!, port));
    await close();
    if (verdict === null) assert.equal(found, null, what);
    else assert.match(found ?? "nothing", verdict, what);
  }
  const { port, close } = await serve(t, () => {});
  await close();
  const gone = judgeAnswers(input!, "public", await play(input!, port));
  assert.equal(gone, "the connection was refused");
  const open = { text: answer(200, GOOD), isClosed: true, isRefused: false, ms: 0 };
  assert.match(judgeAnswers(input!, "internal", open) ?? "", /let in without the secret/);
});

test("a server that resets the connection instead of an answer is noticed", async (t) => {
  const [input] = soundInputs();
  const { port } = await serve(t, (socket) => socket.resetAndDestroy());
  const found = judgeAnswers(input!, "public", await play(input!, port));
  assert.match(found ?? "nothing", /0 of 1 answers in \d+ ms \(hung up\)/);
});

test("what no client should send harms no store, through any door", async (t) => {
  await checkStore(t, { seed: SEED, inputs: INPUTS, port: "all", store: "books" });
});

const skip = LONG_INPUTS > 0 ? false : "for FUZZ_INPUTS=20000";
test("so do many more", { skip, timeout: 600_000 }, async (t) => {
  await checkStore(t, { seed: randomInt(2 ** 32 - 1), inputs: LONG_INPUTS, port: "all" });
});

async function checkStore(t: TestContext, options: Omit<FuzzOptions, "say">): Promise<void> {
  const outcome = await runFuzz({ ...options, say: () => {} });
  t.diagnostic(`${outcome.inputs} inputs of seed ${outcome.seed} in ${outcome.seconds} s`);
  assert(outcome.ok, renderOutcome(outcome, options));
  assert.equal(outcome.inputs, options.inputs);
  assert.deepEqual(Object.keys(outcome.answers).sort(), [...DOORS].sort());
}

function soundInputs(): Input[] {
  return Array.from({ length: DRAWN }, (_, nth) => drawInput(1, nth, sceneOf("public")))
    .filter(({ kind }) => /^sound-get-.*\/whole$/.test(kind));
}

/** Does this with each connection that has sent something. */
async function serve(t: TestContext, act: (socket: Socket) => void) {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => act(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { port, close };
}
