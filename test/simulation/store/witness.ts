/**
 * Watches every replica of orders and catalog from outside, row by row, and
 * throws at the first step that breaks a promise of the replicated log: it
 * stands between each replica and its service, and sees what enters a log,
 * leaves it, is called committed, and who leads. It knows what was promised,
 * and nothing of how it is kept.
 */
import type { ReplicatedService } from "../../../shared/replication/replicated_service.ts";
import { Promises, type Exchange } from "./promises.ts";
import { Violation } from "./violation.ts";

export type Group = "order" | "catalog";

/** What one replica says of its log, in its present life. */
interface Replica {
  readonly name: string;
  /** By index; `term,payload`. What a checkpoint holds is missing. */
  rows: string[];
  lastIndex: number;
  commitIndex: number;
}

interface CommittedRow {
  text: string;
  /** Term of the replica that first called it committed. */
  within: number;
}

export interface CommittedPayload {
  index: number;
  payload: string;
}

/** One group's log as all of its replicas tell it. */
class GroupLog {
  readonly committed: CommittedRow[] = [];
  readonly leaders = new Map<number, string>();
  /** Its replicas by name, each in its present life. */
  readonly replicas = new Map<string, Replica>();
  readonly #isJudged: boolean;
  readonly #promises = new Promises();

  /** @param isJudged false: fewer copies than a majority commit, and rows may be lost */
  constructor(isJudged: boolean) {
    this.#isJudged = isJudged;
  }

  damage(name: string): void {
    this.#promises.damaged(name, this.committed.length);
  }

  hear(name: string, exchange: Exchange): void {
    const replica = this.replicas.get(name);
    if (!this.#isJudged || replica === undefined) return;
    this.#promises.hear(name, exchange, (index) =>
      replica.rows[index] === this.committed[index - 1]!.text || isInCheckpoint(replica, index));
  }

  lead(replica: Replica, term: number): void {
    if (!this.#isJudged) return;
    const other = this.leaders.get(term);
    if (other !== undefined) {
      throw new Violation("one leader a term", `${replica.name} and ${other} lead term ${term}`);
    }
    this.leaders.set(term, replica.name);
    for (let index = 1; index <= this.committed.length; index++) {
      const { text, within } = this.committed[index - 1]!;
      const held = replica.rows[index];
      if (within >= term || held === text || isInCheckpoint(replica, index)) continue;
      const what = `${replica.name} leads term ${term} without committed row ${index}`;
      throw new Violation("a leader has all that was committed", what);
    }
  }

  cut(replica: Replica, after: number): void {
    const term = Number.parseInt(replica.rows[after] ?? "0", 10);
    this.#promises.cut(replica.name, { term, index: after });
    if (!this.#isJudged || after >= replica.commitIndex) return;
    const what = `${replica.name} cut its log after ${after}, and ${replica.commitIndex} was final`;
    throw new Violation("committed rows never change", what);
  }

  /** A checkpoint took the place of its log. */
  restore(replica: Replica, index: number): void {
    if (!this.#isJudged || index >= replica.commitIndex) return;
    const what = `${replica.name} goes back to ${index}, and ${replica.commitIndex} was final`;
    throw new Violation("committed rows never change", what);
  }

  commit(replica: Replica, index: number, term: number): void {
    for (let at = replica.commitIndex + 1; at <= index; at++) {
      const text = replica.rows[at];
      if (text === undefined) continue;
      const known = this.committed[at - 1];
      if (known === undefined && at === this.committed.length + 1) {
        this.committed.push({ text, within: term });
      } else if (this.#isJudged && known?.text !== text) {
        const what = `${replica.name} has ${text} as row ${at}, final was ${known?.text}`;
        throw new Violation("committed rows never change", what);
      } else if (!this.#isJudged) {
        this.committed[at - 1] = { text, within: term };
      }
    }
    replica.commitIndex = index;
  }
}

export class Witness {
  readonly #groups: Record<Group, GroupLog>;
  /** Whatever is thrown here is thrown within a service; the run looks here after each event. */
  violation: Violation | null = null;
  /** A row of the order log was called committed for the first time. */
  readonly #onCommitted: (group: Group, payload: string) => void;

  constructor(
    isJudged: Record<Group, boolean>,
    onCommitted: (group: Group, payload: string) => void = () => {},
  ) {
    this.#groups = {
      order: new GroupLog(isJudged.order),
      catalog: new GroupLog(isJudged.catalog),
    };
    this.#onCommitted = onCommitted;
  }

  /** Terms in which somebody led. */
  terms(group: Group): number {
    return this.#groups[group].leaders.size;
  }

  /** The committed rows of a group, without the log's own columns. */
  *payloads(group: Group): Iterable<CommittedPayload> {
    const { committed } = this.#groups[group];
    for (let at = 0; at < committed.length; at++) {
      const { text } = committed[at]!;
      yield { index: at + 1, payload: text.slice(text.indexOf(",") + 1) };
    }
  }

  /** The disk of this replica was damaged. */
  damage(group: Group, name: string): void {
    this.#groups[group].damage(name);
  }

  /** What one replica is about to answer another. */
  hear(group: Group, name: string, exchange: Exchange): void {
    this.#see(() => this.#groups[group].hear(name, exchange));
  }

  /** The service as its replica sees it, with this witness in between: one call for each life. */
  between(group: Group, name: string, service: ReplicatedService): ReplicatedService {
    const log = this.#groups[group];
    const replica: Replica = { name, rows: [], lastIndex: 0, commitIndex: 0 };
    log.replicas.set(name, replica);
    let term = 0;
    const spied: ReplicatedService = {
      columns: service.columns,
      openingPayload: () => service.openingPayload(),
      checkRows: (after, payloads) => this.#isTaken(() => service.checkRows(after, payloads)),
      onRow: (index, rowTerm, payload) => {
        replica.rows[index] = `${rowTerm},${payload}`;
        replica.lastIndex = index;
        term = Math.max(term, rowTerm);
        service.onRow(index, rowTerm, payload);
      },
      onCut: (after) => {
        this.#see(() => log.cut(replica, after));
        replica.rows.length = after + 1;
        replica.lastIndex = after;
        service.onCut(after);
      },
      onCommit: (index) => {
        const before = log.committed.length;
        this.#see(() => log.commit(replica, index, term));
        for (let at = before; at < log.committed.length; at++) {
          this.#onCommitted(group, log.committed[at]!.text);
        }
        service.onCommit(index);
      },
      onLead: (led) => {
        this.#see(() => log.lead(replica, led));
        service.onLead(led);
      },
      onStepDown: () => service.onStepDown(),
    };
    if (service.snapshot !== undefined) spied.snapshot = () => service.snapshot!();
    if (service.checkSnapshot !== undefined) {
      spied.checkSnapshot = (text, at) => this.#isTaken(() => service.checkSnapshot!(text, at));
    }
    if (service.restore !== undefined) {
      spied.restore = (text, index) => {
        this.#see(() => log.restore(replica, index));
        replica.rows = [];
        replica.commitIndex = index;
        replica.lastIndex = index;
        service.restore!(text, index);
      };
    }
    return spied;
  }

  /** Nobody forges anything here: what one replica has all others can take. */
  #isTaken(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.violation ??= new Violation("what one replica has all can take", `${error}`);
      throw error;
    }
  }

  /** The service must not see it: it would take it for a fault of its own. */
  #see(look: () => void): void {
    try {
      look();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violation ??= error;
    }
  }
}

/** A checkpoint holds it: there is no row to compare. */
function isInCheckpoint(replica: Replica, index: number): boolean {
  return replica.rows[index] === undefined && index <= replica.commitIndex;
}
