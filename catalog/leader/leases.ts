/**
 * Which front-ends may serve from their caches, and until when. After Gray
 * and Cheriton (1989): a change waits for each holder's word or for the end
 * of its lease, so a dead front-end costs time, never a stale answer.
 *
 * The catalog counts a lease from when it received the request, the front-end
 * a shorter one from when it sent it: the holder stops first. No lease runs
 * beyond what a round of this leader that a majority answered allows, so all
 * leases of a leader that was replaced without knowing have ended one LEASE_MS
 * after its successor opened.
 *
 * The number changes whenever the front-end must drop its cache: it holds
 * nothing, or another number, or its lease lapsed here. Only a renewal that
 * names the number on record goes on under it.
 *
 * A new leadership answers nothing until no cache can be left from before:
 *
 * - A front-end has proved that it dropped its cache once it names a number
 *   of this very leadership. It can know one only from an answer to an
 *   earlier request, and drops its cache before it holds that; it never goes
 *   back to a leadership of a lower term. A request that holds nothing proves
 *   nothing: it may be an old copy, overtaken by a lease of the leader before.
 *   (Nor can a restarted front-end get a lease from that one: a first lease is
 *   granted only after a majority confirmed the leader, see catalog.ts.)
 * - Or one LEASE_MS has passed since this leader opened.
 * - Or the group was born just now, and there was no leader before.
 *
 * Pure: the time comes in, milliseconds of the monotonic clock.
 */
import assert from "node:assert/strict";
import { LEASE_MS } from "../../shared/limits.ts";
import type { HeldLease } from "../../shared/messages/messages.ts";

export interface LeasesOptions {
  leadership: string;
  /** Ids of all front-ends that may ask. */
  frontends: Iterable<number>;
  /** When this leader's term was open. */
  leadsSinceMs: number;
  /** There was no leader before this one. */
  bornNow: boolean;
}

interface LeaseRecord {
  /** The last number granted, 0 before the first. */
  number: number;
  /** Last row of the log as this number began: of later ones its holder is told. */
  since: number;
  /** Never goes back, but for a release: until then it may be serving from its cache. */
  endsAtMs: number;
  /** It has shown that its cache holds nothing from before this leadership. */
  hasDropped: boolean;
}

export interface Grant {
  number: number;
  /** As in LeaseAnswer. */
  since: number;
  /** True: its old lease is over, so it holds nothing that must be invalidated. */
  isEmpty: boolean;
  /** Milliseconds from when the request was received; 0 or less when none can be granted. */
  leaseMs: number;
}

export class Leases {
  readonly #options: LeasesOptions;
  readonly #records = new Map<number, LeaseRecord>();
  /** How many have not yet shown that they dropped their caches. */
  #unproved = 0;

  constructor(options: LeasesOptions) {
    this.#options = options;
    for (const frontend of options.frontends) {
      this.#records.set(frontend, { number: 0, since: 0, endsAtMs: -Infinity, hasDropped: false });
      this.#unproved += 1;
    }
  }

  get leadership(): string {
    return this.#options.leadership;
  }

  knows(frontend: number): boolean {
    return this.#records.has(frontend);
  }

  /** When, at the latest, no cache from before this leadership can be left. */
  get opensAtMs(): number {
    return this.#options.leadsSinceMs + LEASE_MS;
  }

  /** No front-end holds anything from before this leadership. */
  isOpen(nowMs: number): boolean {
    return this.#options.bornNow || this.#unproved === 0 || nowMs >= this.opensAtMs;
  }

  isLive(frontend: number, nowMs: number): boolean {
    return nowMs < this.#record(frontend).endsAtMs;
  }

  /** Ids of all front-ends that may ask. */
  frontends(): Iterable<number> {
    return this.#records.keys();
  }

  /** The front-ends that may be serving from their caches. */
  live(nowMs: number): number[] {
    return [...this.#records.keys()].filter((frontend) => this.isLive(frontend, nowMs));
  }

  endsAtMs(frontend: number): number {
    return this.#record(frontend).endsAtMs;
  }

  /** True: what it holds is the number on record, of this leadership. */
  matches(frontend: number, holds: HeldLease | null): boolean {
    if (holds === null || holds.leadership !== this.leadership) return false;
    return this.#records.get(frontend)?.number === holds.number;
  }

  /** Takes note of what a front-end says that it holds, before anything is granted. */
  note(frontend: number, holds: HeldLease | null): void {
    const record = this.#record(frontend);
    if (holds === null || holds.leadership !== this.leadership || record.hasDropped) return;
    if (holds.number > record.number) return;
    record.hasDropped = true;
    this.#unproved -= 1;
  }

  /** True: it may go on under its number. False: only a new lease will do. */
  isRenewal(frontend: number, holds: HeldLease | null, nowMs: number): boolean {
    return this.matches(frontend, holds) && this.isLive(frontend, nowMs);
  }

  /**
   * @param isRenewal as isRenewal said just now; otherwise confirmedAtMs must
   *   be of a round begun after the request was received
   */
  grant(
    frontend: number,
    when: {
      isRenewal: boolean;
      receivedAtMs: number;
      confirmedAtMs: number;
      nowMs: number;
      /** Of the log. */
      lastIndex: number;
    },
  ): Grant {
    const { isRenewal, receivedAtMs, confirmedAtMs, nowMs, lastIndex } = when;
    const record = this.#record(frontend);
    assert(isRenewal || confirmedAtMs >= receivedAtMs, "a first lease is of a confirmed leader");
    const isEmpty = nowMs >= record.endsAtMs;
    assert(!(isRenewal && isEmpty), "a lease that lapsed is not renewed");
    if (!isRenewal) {
      record.number += 1;
      record.since = lastIndex;
    }
    const endsAtMs = Math.min(receivedAtMs, confirmedAtMs) + LEASE_MS;
    if (endsAtMs > record.endsAtMs) record.endsAtMs = endsAtMs;
    const { number, since } = record;
    return { number, since, isEmpty, leaseMs: endsAtMs - receivedAtMs };
  }

  /** It has stopped serving from its cache. A late copy from before names another number. */
  release(frontend: number, holds: HeldLease | null, nowMs: number): void {
    const record = this.#record(frontend);
    if (this.matches(frontend, holds) && nowMs < record.endsAtMs) record.endsAtMs = nowMs;
  }

  #record(frontend: number): LeaseRecord {
    const record = this.#records.get(frontend);
    assert(record !== undefined, "who asks is one of FRONTENDS");
    return record;
  }
}
