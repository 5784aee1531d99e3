/** Planted bugs of what is kept: the log's files, what a start makes of them, checkpoints. */
import type { StoreMutant } from "./mutants.ts";

export const DISK_MUTANTS: readonly StoreMutant[] = [
  {
    name: "appended without a flush",
    file: "shared/replication/log_file.ts",
    find: "    await this.#flush();\n    this.counts.appends++;",
    replace: "    this.counts.appends++;",
    effect: "a loss of power takes what was acknowledged",
  },
  {
    name: "a failed flush is tried again",
    file: "shared/replication/log_file.ts",
    find: "    return this.#file.flush();",
    replace: "    return this.#file.flush().catch(() => this.#file.flush());",
    effect: "the second one reports success, and what the first was to write is gone",
  },
  {
    name: "what a failed flush left is believed",
    file: "shared/replication/log_opening.ts",
    find: "    await file.writeAgain(damage === null ? (noted?.length ?? 0) : 0);\n",
    replace: "",
    effect: "rows that can be read are not on disk",
  },
  {
    name: "replaced without a flush",
    file: "shared/replication/disk.ts",
    find: "    file.write(Buffer.from(text), 0);\n    await file.flush();",
    replace: "    file.write(Buffer.from(text), 0);",
    effect: "a loss of power leaves the name and not what stands in it",
  },
  {
    name: "replaced without a flush of the folder",
    file: "shared/replication/disk.ts",
    find: "  await disk.rename(side, name);\n  await disk.flushFolder();",
    replace: "  await disk.rename(side, name);",
    effect: "a loss of power brings an old promise back",
  },
  {
    name: "replaced in place",
    file: "shared/replication/disk.ts",
    find: "  const side = `${name}.next`;\n  const file = disk.open(side, \"w\");",
    replace: "  const file = disk.open(name, \"w\");",
    also: [{
      file: "shared/replication/disk.ts",
      find: "  await disk.rename(side, name);\n",
      replace: "",
    }],
    effect: "a crash leaves half a promise",
  },
  {
    name: "cut before the note is lowered",
    file: "shared/replication/storage.ts",
    find:
      "    if (this.#promised.length > this.#file.lengthAt(after)) await this.#note(after);\n" +
      "    await this.#file.cut(after);",
    replace:
      "    const isNoted = this.#promised.length > this.#file.lengthAt(after);\n" +
      "    await this.#file.cut(after);\n" +
      "    if (isNoted) await this.#note(after);",
    effect: "a crash between the two looks like damage",
  },
  {
    name: "the note is not lowered for a cut",
    file: "shared/replication/storage.ts",
    find: "    if (this.#promised.length > this.#file.lengthAt(after)) await this.#note(after);\n",
    replace: "",
    effect: "a sound log looks damaged",
  },
  {
    name: "every bad end is taken for torn",
    file: "shared/replication/log_scan.ts",
    find: "  if (end < 0) return true;\n",
    replace: "  if (end < 0 || end >= 0) return true;\n",
    effect: "acknowledged rows behind a flipped bit are cut in silence",
  },
  {
    name: "what was noted is not looked at",
    file: "shared/replication/log_scan.ts",
    find: "  let isNoteMet = noted === null || noted.length <= file.length;",
    replace: "  let isNoteMet = true;",
    also: [{
      file: "shared/replication/log_scan.ts",
      find: "  if (noted !== null && size < noted.length) {",
      replace: "  if (noted !== null && size < 0) {",
    }],
    effect: "a log that lost rows is believed",
  },
  {
    name: "a missing promise is no loss",
    file: "shared/replication/log_opening.ts",
    find: "    if (noted === null) {\n      await this.#mark(",
    replace: "    if (noted === null && head === null) {\n      await this.#mark(",
    effect: "a vote that was given is given again",
  },
  {
    name: "a missing log is a new one",
    file: "shared/replication/log_opening.ts",
    find: "    await this.#mark(`${this.#path} line 1: ${why}`);\n    return this.#startAnew",
    replace: "    if (why === \"\") await this.#mark(why);\n    return this.#startAnew",
    effect: "an empty log votes, and what it held is lost",
  },
  {
    name: "damage is cut and forgotten",
    file: "shared/replication/log_opening.ts",
    find: "      await this.#mark(`${this.#path} line ${damage.line}: ${damage.why}`);\n",
    replace: "",
    effect: "a shorter log votes, and what it held is lost",
  },
  {
    name: "a recovery is forgotten over a restart",
    file: "shared/replication/log_opening.ts",
    find: "this.#isRecovering = options.disk.exists(RECOVERING_NAME);",
    replace: "this.#isRecovering = false;",
    effect: "half a log votes, and what it held is lost",
  },
  {
    name: "recovered before the rows are there",
    file: "shared/replication/recovering.ts",
    find: "  if (goal === null || matched < goal || state.durableIndex < goal) return;",
    replace: "  if (goal === null) return;",
    effect: "half a log votes, and what it held is lost",
  },
  {
    name: "a checkpoint of what is not final",
    file: "shared/replication/checkpoint_file.ts",
    find:
      "    const through = this.#taken.filter(({ at }) => at.index <= committed);\n" +
      "    this.#taken = this.#taken.filter(({ at }) => at.index > committed);",
    replace: "    const through = this.#taken;\n    this.#taken = [];\n    void committed;",
    effect: "what was cut stands in the checkpoint",
  },
  {
    name: "the log is shorter before the checkpoint is kept",
    file: "shared/replication/storage.ts",
    find:
      "    await writeCheckpoint(this.#disk, this.#checkpoint);\n" +
      "    if (base.index === baseBefore.index) return;",
    replace: "    const keep = () => writeCheckpoint(this.#disk, this.#checkpoint!);\n" +
      "    if (base.index === baseBefore.index) return keep();",
    also: [{
      file: "shared/replication/storage.ts",
      find: "    await this.#file.startAfter(base);\n",
      replace: "    await this.#file.startAfter(base);\n    await keep();\n",
    }],
    effect: "a crash between the two leaves neither rows nor checkpoint",
  },
  {
    name: "the shorter log keeps the note of the longer",
    file: "shared/replication/storage.ts",
    find:
      "    this.#promised = { ...this.#promised, length: 0, checksum: \"00000000\" };\n" +
      "    await writeTermFile(this.#disk, this.#promised);\n",
    replace: "",
    effect: "a crash between the two looks like damage",
  },
  {
    name: "the base is always the checkpoint's last",
    file: "shared/replication/checkpoint_file.ts",
    find: "  return first === checkpoint.baseBefore.index + 1 ? checkpoint.baseBefore : checkpoint.base;",
    replace: "  return Number.isNaN(first) ? START : checkpoint.base;",
    effect: "after a crash between checkpoint and log the log cannot be read",
  },
  {
    name: "a checkpoint without the sales that have no order",
    file: "catalog/state.ts",
    find: "      sales: this.#ledger.unsettledSales(),",
    replace: "      sales: [],",
    effect: "what was sold before the checkpoint never gets its order",
  },
  {
    name: "a checkpoint without the fence",
    file: "catalog/state.ts",
    find: "      fence: this.#ledger.fence,",
    replace: "      fence: { term: 0, leader: 0 },",
    effect: "after a restart a leader that was replaced fences again",
  },
  {
    name: "a checkpoint with what is shown",
    file: "catalog/checkpoint.ts",
    find: "    name, price, quantity, version, initial, restocked, soldBack, added, bought,\n  ]);",
    replace: "    name, price, quantity, product.visibleVersion, initial, restocked, soldBack, added, bought,\n  ]);",
    effect: "after a restart a change has an old version",
  },
];
