/** What the members' files say once all is quiet, as the judge reads it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { memberFolder } from "../../client/launcher/layout.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { splitRow } from "../../shared/csv.ts";
import type { OrderType } from "../../shared/messages/messages.ts";
import type { History, Initial, JournalRow, LoggedOrder } from "./history.ts";

type Artefacts = Pick<History, "orders" | "journal" | "initial" | "logs">;

type Fields = Record<string, string>;

export function readArtefacts(store: RunningStore): Artefacts {
  const logs = store.members.filter(({ kind }) => kind !== "frontend").map((member) => {
    const text = readFileSync(join(memberFolder(store.dataDir, member), "log.csv"), "utf8");
    const digest = createHash("sha256").update(text).digest("hex");
    return { member: member.name, group: member.kind, digest, text };
  });
  const longest = (group: string) =>
    logs.filter((log) => log.group === group).map(({ text }) => text)
      .sort((one, other) => other.length - one.length)[0] ?? "";
  return {
    orders: rowsOf(longest("order")).filter(({ number }) => number !== "").map(orderOf),
    journal: rowsOf(longest("catalog")).flatMap(journalRow),
    initial: initialOf(store),
    logs: logs.map(({ member, group, digest }) => ({ member, group, digest })),
  };
}

function rowsOf(text: string): Fields[] {
  const [header, ...lines] = text.trimEnd().split("\n");
  const columns = header!.split(",");
  return lines.map((line) => {
    const fields = splitRow(line);
    return Object.fromEntries(columns.map((column, at) => [column, fields[at] ?? ""]));
  });
}

function orderOf({ number, name, type, quantity, key, sale }: Fields): LoggedOrder {
  return {
    number: Number(number), name: name!, type: type as OrderType, quantity: Number(quantity),
    key: key!, sale: Number(sale),
  };
}

function journalRow(fields: Fields): JournalRow[] {
  const { kind, key, type } = fields;
  const row = { index: Number(fields.index), name: fields.name! };
  const quantity = Number(fields.quantity);
  switch (kind) {
    case "sale": return [{ ...row, kind, type: type as OrderType, quantity, key: key! }];
    case "restock":
    case "stock":
    case "remove": return [{ ...row, kind, quantity }];
    case "price": return [{ ...row, kind, price: Number(fields.price) }];
    case "product": return [{ ...row, kind, quantity, price: Number(fields.price) }];
    default: return [];
  }
}

function initialOf(store: RunningStore): Map<string, Initial> {
  const folder = memberFolder(store.dataDir, { kind: "catalog", id: 1 });
  const rows = rowsOf(readFileSync(join(folder, "initial.csv"), "utf8"));
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return new Map(rows.map(({ name, quantity, price, max_volume, id, topic }) => [name!, {
    isHere: true, quantity: Number(quantity), price: Number(price), maxVolume: number(max_volume),
    id: number(id), topic: topic ?? null,
  }]));
}
