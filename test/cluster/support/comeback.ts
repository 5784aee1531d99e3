/** Order replicas that end of what happens to their disks, and come back. */
import type { MemberName } from "../../../client/launcher/layout.ts";
import type { TestStore } from "./harness.ts";
import { until } from "../../support/until.ts";

/** How it ended: `exit code 1`, `SIGKILL`. */
export function endOf({ running }: TestStore, member: MemberName): Promise<string> {
  return until(`the end of order ${member.id}`, () => running.process(member).ended, 10_000);
}

/** The store has sold on; the member comes back with the log of the others. */
export async function checkComesBack(store: TestStore, member: MemberName): Promise<void> {
  await store.restart(member);
  await until("it to be normal", async () => (await store.health(member)).state === "normal");
  await store.checkOrderOn(await store.buy("Fox"), { replicas: 3 });
  await store.checkLogsEqual();
  await store.checkBooksBalance();
}
