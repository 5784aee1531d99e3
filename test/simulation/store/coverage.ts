/**
 * What a big run of the store must have met: each fault, and each way in which
 * members go on, as they themselves log it and as people are answered. A run
 * that never completed another leader's sale has proved nothing about that.
 */
import { DAMAGES } from "./plan.ts";
import { MESSAGE_FAULTS } from "./network_weather.ts";

export const EXPECTED: readonly string[] = [
  // Faults.
  ...MESSAGE_FAULTS,
  "message cut off",
  "crashes between two effects",
  "crashes of all at once",
  "processes ended by their disk",
  "flush failed",
  "flush hung",
  "disk full",
  "write torn",
  "sector of zeros",
  "writes lost with the power",
  "names lost with the power",
  ...DAMAGES.map((damage) => `damage: ${damage}`),
  // Members.
  "log: won the votes",
  "log: leads: its term is open",
  "log: no longer leads",
  "log: nomination failed",
  "log: lost the leader",
  "log: cut a torn row that was never acknowledged",
  "log: damaged: recovering from the others",
  "log: the leader has other rows: the own ones are cut and kept beside the log",
  "log: the disk is full: no new work is taken",
  "log: the disk has room again",
  "log: stepping aside",
  "log: no other replica is better off, and this one leads on",
  "log: sells: the catalog is fenced",
  "log: a newer leader has fenced the catalog",
  "sales of an earlier leader",
  "log: a new lease",
  "log: no lease",
  "log: the lease could not be given back and runs out",
  "read: from the cache",
  "read: stored",
  "read: fetched",
  "read: collapsed",
  "read: bypassed",
  "by a follower: POST /lookups",
  "by a follower: POST /lists",
  // Answers.
  "answers: order 200",
  "answers: order 200 replayed",
  "answers: order 409",
  "answers: order 422",
  "answers: order 503",
  "answers: product 200",
  "answers: product 503",
  "answers: list 200",
  "answers: find 200",
  "answers: find 404",
];
