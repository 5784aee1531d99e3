/**
 * A store whose members are processes of this machine: starts, stops, kills,
 * pauses and continues each of them. It holds no state of its own but what is
 * on disk, so two of these may look at the same store, and one made long
 * after the members were started controls them as well. Who may call is
 * somebody else's business (lock.ts); that the ports are free, too.
 */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";
import { LaunchError } from "./launch_error.ts";
import {
  environmentOf, KINDS, logFile, type Member, type MemberName, membersOf, nameOf, sameMember,
} from "./layout.ts";
import { MemberProcess, type Prefix, type Programs, type StopOutcome } from "./member_process.ts";
import { probe, type ProbeAnswer } from "./probe.ts";
import { memoryOf } from "./process_table.ts";
import type { StoreSettings } from "./settings.ts";

/** A member reads its whole log before it answers. */
const LIVE_MAX_MS = 60_000;
const READY_MAX_MS = 30_000;
const PROBE_PAUSE_MS = 15;
const LAST_LINES = 12;

export interface RunningStoreOptions {
  dataDir: string;
  settings: StoreSettings;
  /** The caller's environment, passed on to the members. */
  environment: NodeJS.ProcessEnv;
  programs: Programs;
  prefix?: Prefix;
  secret: string;
  birth: string;
  /** Ends when the caller was told to give up. */
  signal?: AbortSignal;
  /** Called when the store is closed. */
  onClose?: () => void;
}

export class RunningStore {
  readonly settings: StoreSettings;
  readonly dataDir: string;
  /** In the order in which they start. */
  readonly members: readonly Member[];
  readonly #options: RunningStoreOptions;
  readonly #processes: Map<string, MemberProcess>;

  constructor(options: RunningStoreOptions) {
    this.#options = options;
    this.settings = options.settings;
    this.dataDir = options.dataDir;
    this.members = membersOf(options.settings);
    this.#processes = new Map(
      this.members.map((member) => [member.label, new MemberProcess(member, options)]),
    );
  }

  /** Public address of the first front-end. */
  get url(): string {
    return this.urls[0]!;
  }

  /** Public addresses of all front-ends. */
  get urls(): string[] {
    return this.members.flatMap((member) => member.publicUrl ?? []);
  }

  /** Headers that the internal endpoints want. */
  get internalHeaders(): Record<string, string> {
    return {
      authorization: `Bearer ${this.#options.secret}`,
      "store-birth": this.#options.birth,
    };
  }

  /** @throws LaunchError when the store has no such member. */
  member(name: MemberName): Member {
    const found = this.members.find((member) => sameMember(member, name));
    if (found === undefined) throw new LaunchError(`This store has no ${nameOf(name)}`);
    return found;
  }

  process(name: MemberName): MemberProcess {
    return this.#processes.get(this.member(name).label)!;
  }

  isRunning(name: MemberName): boolean {
    return this.process(name).pid() !== null;
  }

  running(): Member[] {
    return this.members.filter((member) => this.isRunning(member));
  }

  /**
   * Starts those of them that do not run. Catalogs and order replicas are
   * launched at once, front-ends when these answer, so that a front-end finds
   * every replica when it looks for the best one to lead.
   * @param additions to the environment of these members, for this start
   * @throws LaunchError when one does not come up; all that this call started are stopped again.
   */
  async start(
    names: readonly MemberName[],
    additions: NodeJS.ProcessEnv = {},
  ): Promise<Member[]> {
    const wanted = this.members.filter((member) => names.some((name) => sameMember(member, name)));
    const starting = wanted.filter((member) => !this.isRunning(member));
    try {
      const behind = starting.filter((member) => member.kind !== "frontend");
      await this.#launch(behind, additions);
      await this.#launch(starting.filter((member) => member.kind === "frontend"), additions);
    } catch (error) {
      await Promise.all(starting.map((member) => this.process(member).stop()));
      throw error;
    }
    return starting;
  }

  async #launch(members: Member[], additions: NodeJS.ProcessEnv): Promise<void> {
    for (const member of members) {
      this.#options.signal?.throwIfAborted();
      this.process(member).start({ ...environmentOf(member, this.#options), ...additions });
    }
    await Promise.all(members.map((member) => this.#untilLive(member)));
  }

  async #untilLive(member: Member): Promise<void> {
    const answer = await this.#untilOk(member, {
      url: `${member.publicUrl ?? member.internalUrl}/livez`,
      deadline: monotonicMs() + LIVE_MAX_MS,
    });
    if (answer !== "ok") this.#fail(member, `${member.name} did not answer in time`);
  }

  /**
   * Waits until the front-ends answer GET /readyz with 200.
   * @throws LaunchError when one does not; it names what the front-end misses.
   */
  async untilReady(frontends: readonly Member[], patienceMs = READY_MAX_MS): Promise<void> {
    const deadline = monotonicMs() + patienceMs;
    await Promise.all(
      frontends.map(async (member) => {
        const answer = await this.#untilOk(member, { url: `${member.publicUrl}/readyz`, deadline });
        if (answer === "ok") return;
        const verbose = await probe(`${member.publicUrl}/readyz?verbose`);
        this.#fail(member, `${member.name} is not ready: ${verbose?.body.trim() ?? "no answer"}`);
      }),
    );
  }

  async #untilOk(
    member: Member,
    { url, deadline }: { url: string; deadline: number },
  ): Promise<"ok" | ProbeAnswer | null> {
    const headers = member.publicUrl === null ? this.internalHeaders : {};
    for (;;) {
      const answer = await probe(url, headers);
      this.#options.signal?.throwIfAborted();
      const ended = this.process(member).ended;
      if (ended !== null) this.#fail(member, `${member.name} ended as it started (${ended})`);
      if (answer?.status === 200) return "ok";
      if (monotonicMs() > deadline) return answer;
      await pause(PROBE_PAUSE_MS);
    }
  }

  #fail(member: Member, message: string): never {
    const lines = this.process(member).lastLines(LAST_LINES);
    const file = logFile(this.dataDir, member);
    const heading = lines.length === 0 ? `Nothing was logged in ${file}` : `The end of ${file}:`;
    throw new LaunchError(message, [heading, ...lines.map((line) => `  ${line}`)]);
  }

  stop(name: MemberName): Promise<StopOutcome> {
    return this.process(name).stop();
  }

  /** SIGKILL: it does nothing more, not even close its files. */
  kill(name: MemberName): Promise<StopOutcome> {
    return this.process(name).kill();
  }

  /** SIGSTOP: it keeps its ports and connections and does nothing. */
  pause(name: MemberName): boolean {
    return this.process(name).signal("SIGSTOP");
  }

  /** SIGCONT. */
  resume(name: MemberName): boolean {
    return this.process(name).signal("SIGCONT");
  }

  /** Front-ends first, so that what they took is answered, then orders, then catalogs. */
  async stopAll(): Promise<Map<Member, StopOutcome>> {
    const outcomes = new Map<Member, StopOutcome>();
    for (const kind of KINDS.toReversed()) {
      const members = this.members.filter((member) => member.kind === kind);
      await Promise.all(
        members.map(async (member) => outcomes.set(member, await this.process(member).stop())),
      );
    }
    return outcomes;
  }

  async killAll(): Promise<void> {
    await Promise.all(this.members.map((member) => this.process(member).kill()));
  }

  /** Bytes that all running members hold together. */
  memory(): number {
    return memoryOf(this.members.flatMap((member) => this.process(member).pid() ?? []));
  }

  /** Ends every member, gracefully unless told otherwise, and gives the ports back. */
  async close(options: { kill?: boolean } = {}): Promise<void> {
    if (options.kill === true) await this.killAll();
    else await this.stopAll();
    this.#options.onClose?.();
  }
}
