/**
 * Races: the store and its rivals under one load, everyone taking a turn in
 * every round. The first player of a race is the store, and the others are
 * compared with it.
 */
import { median, renderTable, takeTurns } from "./rounds.ts";
import { runWrk, type LoadResult } from "./wrk.ts";

/** How often everyone has a turn, and for how long. */
export interface Turns {
  rounds: number;
  seconds: number;
}
export interface Player {
  name: string;
  run(connections: number, seconds: number): Promise<LoadResult>;
}
export interface Race {
  what: string;
  connections: number;
  players: readonly Player[];
}
/** One part of the table: everybody's rounds under one load. */
export interface RaceResult {
  what: string;
  connections: number;
  results: { name: string; rounds: LoadResult[] }[];
}

/** @param script arguments of bench.lua */
export function wrkPlayer(name: string, url: string, ...script: string[]): Player {
  const run = (connections: number, seconds: number) =>
    runWrk({ url, connections, seconds, script });
  return { name, run };
}

/** Runs several races as one, so that their players may be compared across them too. */
export async function runRaces(
  races: readonly Race[],
  { rounds, seconds }: Turns,
): Promise<RaceResult[]> {
  const turns = races.flatMap(({ players, connections }) =>
    players.map((player) => () => player.run(connections, seconds)));
  const results = await takeTurns(turns, rounds);
  return races.map(({ what, connections, players }) => ({
    what,
    connections,
    results: players.map(({ name }) => ({ name, rounds: results.shift() ?? [] })),
  }));
}

/** The median over a player's rounds; NaN where it did not take part. */
export function medianOf(
  race: RaceResult | undefined,
  name: string,
  pick: (result: LoadResult) => number,
): number {
  const found = race?.results.find((result) => result.name.startsWith(name));
  return median((found?.rounds ?? []).map(pick));
}

/** Of the store alone: refused or broken requests would make its figures worth nothing. */
export function countFailed(races: readonly RaceResult[]): number {
  const rounds = races.flatMap(({ results }) => results[0]?.rounds ?? []);
  return rounds.reduce((sum, { refused, broken }) => sum + refused + broken, 0);
}

/** @param first what the first player of each race is called in the heading */
export function renderRaces(races: readonly RaceResult[], first = "store"): string {
  const headings = ["load, connections", "", "per second", `${first} is ×`, "p50 ms", "p99 ms"];
  return renderTable([[...headings, "failed"], ...races.flatMap(rowsOf)]);
}

function rowsOf({ what, connections, results }: RaceResult): string[][] {
  const speeds = results.map(({ rounds }) => median(rounds.map((round) => round.perSecond)));
  return results.map(({ name, rounds }, index) => [
    index === 0 ? `${what}, ${connections}` : "",
    name,
    speeds[index]!.toFixed(0),
    index === 0 ? "" : (speeds[0]! / speeds[index]!).toFixed(2),
    median(rounds.map((round) => round.p50Ms)).toFixed(2),
    median(rounds.map((round) => round.p99Ms)).toFixed(2),
    String(rounds.reduce((sum, { refused, broken }) => sum + refused + broken, 0)),
  ]);
}
