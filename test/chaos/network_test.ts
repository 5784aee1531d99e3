/** What is cut vanishes, in that direction only; what is healed arrives; nothing is left behind. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { chooseRange } from "./address_range.ts";
import { ip } from "./ip.ts";
import { Network, NoNetworkError } from "./network.ts";

/** Says what it is sent by datagram; sends what it is told, `address word`. */
const POST_OFFICE = `
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("message", (message) => console.log(String(message)));
  socket.bind(80, () => console.log("ready"));
  require("node:readline").createInterface(process.stdin).on("line", (line) => {
    const [address, word] = line.split(" ");
    socket.send(word, 80, address, (error) => console.log(error ? error.code : "sent"));
  });
`;

/** Skips the test where there can be none. */
async function openNetwork(t: TestContext, labels: string[]): Promise<Network | null> {
  try {
    const network = await Network.open(labels);
    t.after(() => network.close());
    return network;
  } catch (error) {
    if (!(error instanceof NoNetworkError)) throw error;
    t.skip(error.message);
    return null;
  }
}

class PostOffice {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #network: Network;

  constructor(t: TestContext, network: Network, label: string) {
    const [program, ...words] = network.prefix({ kind: "order", id: Number(label.at(-1)) });
    this.#network = network;
    this.#child = spawn(program!, [...words, process.execPath, "-e", POST_OFFICE]);
    t.after(() => this.#child.kill("SIGKILL"));
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  async hears(word: string): Promise<void> {
    assert.equal((await this.#lines.next()).value, word);
  }

  /** Sending itself never fails: packets of a cut link vanish, and nobody is told. */
  async send(label: string, word: string): Promise<void> {
    this.#child.stdin!.write(`${this.#network.hosts[label]} ${word}\n`);
    await this.hears("sent");
  }
}

/** Two that hear each other. */
async function openPosts(t: TestContext) {
  const network = await openNetwork(t, ["order-1", "order-2"]);
  if (network === null) return null;
  const one = new PostOffice(t, network, "order-1");
  const two = new PostOffice(t, network, "order-2");
  await one.hears("ready");
  await two.hears("ready");
  await one.send("order-2", "before");
  await two.hears("before");
  return { network, one, two };
}

test("a cut is silent and one way, and ends", { timeout: 20_000 }, async (t) => {
  const opened = await openPosts(t);
  if (opened === null) return;
  const { network, one, two } = opened;

  const link = { from: "order-1", to: "order-2" };
  await network.cut([link]);
  await one.send("order-2", "lost");
  await two.send("order-1", "back");
  await one.hears("back");
  await network.heal([link]);
  await one.send("order-2", "after");
  await two.hears("after");

  await network.cut([link, { from: "order-2", to: "order-1" }]);
  await two.send("order-1", "lost as well");
  await network.heal([{ from: "order-2", to: "order-1" }]);
  await two.send("order-1", "heard");
  await one.hears("heard");
});

test("who is unplugged reaches nobody, and all when plugged in", { timeout: 20_000 }, async (t) => {
  const opened = await openPosts(t);
  if (opened === null) return;
  const { network, one, two } = opened;
  await network.unplug("order-2");
  await one.send("order-2", "lost");
  await two.send("order-1", "lost as well");
  await network.plugIn("order-2");
  await one.send("order-2", "after");
  await two.hears("after");
});

test("of a network that is closed nothing is left", { timeout: 20_000 }, async (t) => {
  const network = await openNetwork(t, ["catalog-1", "frontend-2"]);
  if (network === null) return;
  const own = async () => [
    ...readdirSync("/sys/class/net").filter((name) => name.startsWith(`chaos${process.pid}`)),
    ...(await ip(["netns", "list"])).split("\n").filter((name) =>
      name.startsWith(`chaos-${process.pid}-`)),
  ];
  assert.equal((await own()).length, 5);
  await network.close();
  assert.deepEqual(await own(), []);
});

test("what a run left that is gone is removed by the next one", { timeout: 20_000 }, async (t) => {
  const earlier = await openNetwork(t, ["order-1"]);
  if (earlier === null) return;
  await earlier.close();
  const dead = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => dead.once("exit", resolve));
  const left = `chaos-${dead.pid}-order-1`;
  await ip(["netns", "add", left]);
  await ip(["link", "add", `chaos${dead.pid}`, "type", "bridge"]);
  const member = spawn("ip", ["netns", "exec", left, process.execPath, "-e",
    "setInterval(() => {}, 1000); console.log('ready')", "order/main.ts"]);
  const ended = new Promise((resolve) => member.once("exit", (_code, signal) => resolve(signal)));
  await new Promise((resolve) => member.stdout.once("data", resolve));

  const network = await Network.open(["order-2"]);
  t.after(() => network.close());
  assert.equal(await ended, "SIGKILL");
  assert.equal((await ip(["netns", "list"])).includes(left), false);
  assert.equal(readdirSync("/sys/class/net").includes(`chaos${dead.pid}`), false);
});

test("runs at the same moment have different addresses, which nobody else uses", () => {
  const routes = "default via 10.9.9.1 dev eth0\n0.0.0.0/1 dev tun0\n192.168.1.0/24 dev eth0\n";
  assert.equal(chooseRange(0x10203, routes), "10.2.3");
  assert.notEqual(chooseRange(0x10204, routes), chooseRange(0x10203, routes));
  assert.equal(chooseRange(0x10203, `${routes}10.2.0.0/16 dev docker0\n`), "198.18.3");
  assert.equal(chooseRange(0x10303, `${routes}10.0.0.0/8 dev tun1`), "198.19.3");
  assert.equal(chooseRange(0x10203, "10.3.0.0/16 dev a\n10.2.4.0/24 dev b\n"), "10.2.3");
  assert.equal(chooseRange(0x10203, "blackhole 10.0.0.0/8\n198.18.0.0/15 dev x\n"), null);
});
