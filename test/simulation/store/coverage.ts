/**
 * What a big run of the store must have met: each fault, and each way in which
 * members go on, as they themselves log it and as people are answered. A run
 * that never completed another leader's sale has proved nothing about that.
 */
import type { Operation } from "../../checker/history.ts";
import { LISTS_MET } from "./list_turns.ts";
import { MESSAGE_FAULTS } from "./network_weather.ts";
import { DAMAGES } from "./plan.ts";
import { STORE_NAMES, type StoreName } from "./wares.ts";

/** As runs are counted: each store with one catalog and three, with two front-ends and three. */
export function kindOfRun(store: StoreName, catalogs: number, frontends: number): string {
  return `runs: ${store}, ${catalogs} catalog${catalogs > 1 ? "s" : ""}, ${frontends} front-ends`;
}

/** Counts an answer under each name that it has. */
export function countAnswer(operation: Operation, count: (name: string) => void): void {
  const { kind, status } = operation;
  const isReplay = kind === "order" && operation.replayed;
  count(`answers: ${kind} ${status}${isReplay ? " replayed" : ""}`);
  if (kind === "admin") count(`answers: ${operation.does} ${status}`);
  if (kind === "product" && operation.id !== null) count(`answers: product by id ${status}`);
  if (kind === "list" && operation.topic !== null) count(`answers: list of a topic ${status}`);
  if (kind === "order" && operation.type === "sell") count(`answers: sell ${status}`);
  if (kind === "order" && operation.lacked === "volume") count("answers: over the volume");
}

export const EXPECTED: readonly string[] = [
  ...STORE_NAMES.flatMap((store) => [1, 3].flatMap((catalogs) =>
    [2, 3].map((frontends) => kindOfRun(store, catalogs, frontends)))),
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
  "log: takes a checkpoint in place of its log",
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
  "name of an id: known",
  ...LISTS_MET,
  // Answers.
  "answers: order 200",
  "answers: order 200 replayed",
  "answers: order 409",
  "answers: order 422",
  "answers: order 503",
  "answers: product 200",
  "answers: product 503",
  "answers: sell 200",
  "answers: sell 409",
  "answers: over the volume",
  "answers: product by id 200",
  "answers: list 200",
  "answers: list of a topic 200",
  "answers: order 404",
  "answers: product 404",
  "answers: product by id 404",
  "answers: change 200",
  "answers: change 404",
  "answers: make 200",
  "answers: make 409",
  "answers: remove 200",
  "answers: remove 404",
  "answers: admin 200",
  "answers: admin 409",
  "answers: admin 503",
  "answers: find 200",
  "answers: find 404",
];
