/** What befalls a replica's folder while its machine is down, and no crash could have done. */
import { LOG_NAME } from "../../../shared/replication/storage/log_file.ts";
import { RECOVERING_NAME } from "../../../shared/replication/storage/log_open.ts";
import { TERM_NAME } from "../../../shared/replication/storage/term_file.ts";
import type { Random } from "../random.ts";
import { SimFile } from "./sim_disk_file.ts";
import type { SimNames } from "./sim_disk_names.ts";

export type Damage = "flipped bit" | "cut short" | "log deleted" | "promise deleted" | "wiped";

export function damageFolder(names: SimNames, damage: Damage, random: Random): void {
  switch (damage) {
    case "log deleted":
      return names.destroy(LOG_NAME);
    case "promise deleted":
      return names.destroy(TERM_NAME);
    case "wiped":
      for (const name of names.all()) names.destroy(name);
      return mark(names);
    default:
      return damageLog(names, damage, random);
  }
}

function damageLog(names: SimNames, damage: "flipped bit" | "cut short", random: Random): void {
  const log = names.get(LOG_NAME);
  if (log === undefined) return;
  const known = Math.min(log.size, notedLength(names));
  // The last line break tells a whole row from a torn one: a bit of that is like a cut.
  const flipped = Math.max(known, log.size - 1);
  if (known === 0) return;
  log.damage((bytes) => {
    if (damage === "cut short") return random.below(known);
    const at = random.below(flipped);
    bytes[at] = bytes[at]! ^ (1 << random.below(8));
    return bytes.length;
  });
}

/** What start.sh leaves in a folder that has lost the birth mark of its store. */
function mark(names: SimNames): void {
  const file = new SimFile();
  file.write(Buffer.from("its folder was lost\n"), 0);
  file.settle(file.written);
  names.make(RECOVERING_NAME, file);
  names.settle(names.called);
}

/**
 * Of the log, as term.json notes it. Rows that are missing beyond look like ones that a crash
 * tore, and a replica that lost just these knows of nothing: that much is not promised.
 */
function notedLength(names: SimNames): number {
  const text = names.get(TERM_NAME)?.bytes().toString("utf8");
  try {
    return (JSON.parse(text ?? "") as { length: number }).length;
  } catch {
    return Infinity;
  }
}
