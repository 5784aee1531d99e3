/**
 * What a run has met, counted: each fault and each branch of the replica, as
 * seen from outside. A long run that never cut a suffix has proved nothing
 * about cutting; so what was not met is said, and fails a big run.
 */

export const COUNTED = [
  // Faults.
  "messages overtaken",
  "messages dropped",
  "messages doubled",
  "copies that came late",
  "messages on a cut link",
  "links cut one way",
  "members cut off",
  "answers that did not come in time",
  "answers after nobody waited",
  "crashes",
  "crashes between two effects",
  "crashes that lost writes",
  "crashes that tore an append",
  "crashes of all at once",
  "restarts with a promise on disk",
  "pauses",
  "disks damaged",
  "appends flushed together",
  // Nominations.
  "nominations joined",
  "nominations begun anew",
  "nominations of a leader",
  "nominees told of a live leader",
  "nominees without votes",
  "hand-overs",
  "votes refused by lease",
  "votes refused by promise",
  "votes given again",
  "terms won",
  "terms won with a voter's log",
  "voter's logs not fetched",
  "leaders beside an older one",
  "divergent uncommitted rows",
  // Leading.
  "terms opened",
  "older terms' rows committed by an opening row",
  "late answers ignored",
  "answers that never came",
  "followers found behind",
  "followers streamed again",
  "tails outgrown",
  "confirmed",
  "confirms refused",
  "commits of one copy overruled",
  "stepped down by lease",
  "stepped down by a higher term",
  "stepped down by the service",
  // Following.
  "stale terms refused",
  "known rows again",
  "suffixes cut",
  "suffixes cut on their way to disk",
  "commits learned by followers",
  "pages fetched",
  "pages of another log",
  "pages of another term",
  "checkpoints taken",
  "checkpoints begun again",
  "recoveries ended",
  "answers of recovering replicas",
  "steps back to an older term",
] as const;

export type Counted = (typeof COUNTED)[number];
export type Counts = Record<Counted, number>;

export function noCounts(): Counts {
  const counts: Partial<Counts> = {};
  for (const name of COUNTED) counts[name] = 0;
  return counts as Counts;
}

export function addCounts(sum: Counts, counts: Counts): void {
  for (const name of COUNTED) sum[name] += counts[name];
}

export function notMet(counts: Counts): Counted[] {
  return COUNTED.filter((name) => counts[name] === 0);
}
