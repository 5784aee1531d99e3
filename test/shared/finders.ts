/** Leader finders among the replicas of fake_replica.ts. */
import {
  LeaderFinder, type Leader, type LeaderFinderOptions,
} from "../../shared/cluster/leader_finder.ts";
import { createLog } from "../../shared/logging.ts";
import type { Group } from "./fake_replica.ts";

type Settings = Pick<Partial<LeaderFinderOptions>, "nominate" | "gatherMs" | "isNeeded">;

export function find({ members, clock }: Group, settings: Settings = {}): LeaderFinder {
  const log = createLog({ member: "frontend-1", level: "error" });
  const surroundings = { members, log, clock, random: () => 0 };
  const finder = new LeaderFinder({ ...surroundings, nominate: true, gatherMs: 0, ...settings });
  finder.start();
  return finder;
}

/** The leader, at the moment at which there is one. */
export async function led({ clock }: Group, finder: LeaderFinder): Promise<Leader> {
  await clock.until(() => finder.leader !== null);
  return finder.leader!;
}
