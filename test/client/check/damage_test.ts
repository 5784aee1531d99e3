/**
 * The audit must be able to fail: each thing that can be wrong with a store's
 * files is made wrong, and exactly the check that is there for it says so.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatRow, payloadOf } from "../../../shared/replication/storage/row_format.ts";
import type { CheckName } from "../../../client/check/verdict.ts";
import {
  chain, failuresOf, goodPlan, made, opening, order, orderReplicas, type Plan, removed, restock,
  row, sale, writeStore,
} from "./store_folder.ts";

/** What is done to the plan before it is written, or to the files after. */
interface Damage {
  check: CheckName;
  says: RegExp;
  plan?: (plan: Plan) => void;
  files?: (dataDir: string) => void;
}

const catalogRows = (plan: Plan) => plan.replicas["catalog-1"]!.rows;
const everyOrderLog = (change: (rows: ReturnType<typeof catalogRows>) => void) => (plan: Plan) =>
  orderReplicas(plan).forEach(({ rows }) => change(rows));
const editLog = (label: string, edit: (text: string) => string) => (dataDir: string) => {
  const file = join(dataDir, label, "log.csv");
  writeFileSync(file, edit(readFileSync(file, "latin1")), "latin1");
};

const DAMAGES: Record<string, Damage> = {
  "a folder is gone": {
    check: "members",
    says: /order-2 is missing/,
    files: (dataDir) => rmSync(join(dataDir, "order-2"), { recursive: true }),
  },
  "a birth mark is gone": {
    check: "members",
    says: /order-2 has no birth mark/,
    files: (dataDir) => rmSync(join(dataDir, "order-2", "birth")),
  },
  "a member of another store": {
    check: "members",
    says: /order-1 was born in toys fedcba98/,
    plan: (plan) => Object.assign(plan.replicas["order-1"]!.birth, { id: "fedcba9876543210" }),
  },
  "a flipped bit": {
    check: "rows",
    says: /order-2\/log\.csv line 4: its checksum is [0-9a-f]{8} and must be/,
    files: editLog("order-2", (text) => text.replace("key-2", "key-3")),
  },
  "a flipped bit in the catalog's log": {
    check: "rows",
    says: /catalog-1\/log\.csv line 4: its checksum/,
    files: editLog("catalog-1", (text) => text.replace("key-1", "key-0")),
  },
  "a line that is there twice": {
    check: "rows",
    says: /order-1\/log\.csv line 6: its checksum/,
    files: editLog("order-1", (text) => text.replace(/(4,1,.*\n)/, "$1$1")),
  },
  "another header": {
    check: "rows",
    says: /order-3\/log\.csv line 1: the header is not index,term,number/,
    files: editLog("order-3", (text) => text.replace("number", "nummer")),
  },
  "a gap in the indexes, with checksums that fit": {
    check: "rows",
    says: /order-1\/log\.csv line 3: row 3 follows row 1/,
    files: (dataDir) => {
      const [first, second] = chain(orderReplicas(goodPlan())[0]!.rows);
      const moved = formatRow(3, 1, payloadOf(second!.text), first!.checksum);
      editLog("order-1", (text) => text.replace(second!.text, moved.text))(dataDir);
    },
  },
  "a term that falls": {
    check: "rows",
    says: /order-2\/log\.csv line 4: term 1 follows term 2/,
    plan: (plan) => {
      const replica = plan.replicas["order-2"]!;
      replica.rows[1] = order(1, "Tux", 2, { term: 2 });
      replica.noted!.term = 1;
    },
  },
  "a broken line behind the last, whole ones": {
    check: "rows",
    says: /order-1\/log\.csv line 9: its checksum/,
    plan: (plan) => void (plan.replicas["order-1"]!.tail = "8,1,7,what,is,this,1,k,7,00000000\n"),
  },
  "whole rows missing at the end": {
    check: "notes",
    says: /order-3\/log\.csv line \d+: it has \d+ bytes where term\.json knows of/,
    files: (dataDir) => cutLastLine(join(dataDir, "order-3", "log.csv")),
  },
  "a note in the middle of a row": {
    check: "notes",
    says: /order-2\/log\.csv line \d+: no row ends at byte/,
    plan: (plan) => void (plan.replicas["order-2"]!.noted!.bytes = -3),
  },
  "a note of another row": {
    check: "notes",
    says: /the row's checksum is [0-9a-f]{8} where term\.json notes 00000000/,
    files: (dataDir) => {
      const file = join(dataDir, "order-2", "term.json");
      const noted = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, JSON.stringify({ ...noted, checksum: "00000000" }));
    },
  },
  "a term that was not promised": {
    check: "notes",
    says: /the log has term 1 where term\.json notes 0/,
    plan: (plan) => void (plan.replicas["order-2"]!.noted!.term = -1),
  },
  "no term.json": {
    check: "notes",
    says: /order-1\/term\.json is missing/,
    plan: (plan) => void (plan.replicas["order-1"]!.noted = null),
  },
  "two rows of one place and one term": {
    check: "replicas",
    says: /row 4 differs \(both are of term 1\):\n {2}order 1 line 5: 4,1,3,.*Tux,buy,4,/,
    plan: (plan) => void (plan.replicas["order-1"]!.rows[3] = order(3, "Tux", 4)),
  },
  "a number left out": {
    check: "numbers",
    says: /order-1\/log\.csv line 6: order 5 follows order 3/,
    plan: everyOrderLog((rows) => {
      rows[4] = order(5, "Tux", 1, { key: "key-4", sale: 4 });
      rows[5] = order(6, "Fox", 1, { key: "key-5", sale: 5 });
      rows[6] = order(7, "Fox", 2, { key: "key-6", sale: 6, type: "sell" });
    }),
  },
  "two orders of one key": {
    check: "keys",
    says: /order-1\/log\.csv line 7: orders 2 and 5 have one key, key-2/,
    plan: (plan) => {
      catalogRows(plan)[7] = sale(5, "Fox", 1, { key: "key-2" });
      everyOrderLog((rows) => void (rows[5] = order(5, "Fox", 1, { key: "key-2" })))(plan);
    },
  },
  "two orders of one sale": {
    check: "sales",
    says: /line 9: orders 6 and 7 are of one sale, 6/,
    plan: everyOrderLog((rows) => {
      rows.push(order(7, "Fox", 2, { key: "key-7", sale: 6, type: "sell" }));
    }),
  },
  "an order of a sale that never was": {
    check: "sales",
    says: /order-\d\/log\.csv line 9: order 7 is of sale 7, which the catalog does not have/,
    plan: everyOrderLog((rows) => void rows.push(order(7, "Fox", 1))),
  },
  "an order of other goods than its sale": {
    check: "sales",
    says: /line 5: order 3 is of 2 Tux, and its sale 3, row 5 of the catalog, of 3 Tux/,
    plan: everyOrderLog((rows) => void (rows[3] = order(3, "Tux", 2))),
  },
  "an order under another key than its sale": {
    check: "sales",
    says: /order 3 is of 3 Tux, .* of 3 Tux, under another key/,
    plan: everyOrderLog((rows) => void (rows[3] = order(3, "Tux", 3, { key: "other" }))),
  },
  "a settled sale without an order": {
    check: "sales",
    says: /catalog-1\/log\.csv line 9: sale 5, 1 Fox, is settled and has no order/,
    plan: everyOrderLog((rows) => {
      rows[5] = order(5, "Fox", 2, { key: "key-6", sale: 6, type: "sell" });
      rows.pop();
    }),
  },
  "a sale that the next leader passed over": {
    check: "sales",
    says: /line 10: sale 6, 2 Fox sold back, is behind a later leader's orders and has no order/,
    plan: (plan) => {
      const fence = catalogRows(plan)[1]!;
      catalogRows(plan).push(
        row(1, fence.payload.replace("1.3", "2.2")), sale(7, "Fox", 1, { settled: 5 }),
      );
      everyOrderLog((rows) => {
        rows.pop();
        rows.push(opening(2), order(6, "Fox", 1, { key: "key-7", sale: 7, term: 2 }));
      })(plan);
    },
  },
  "more sold than was there": {
    check: "stock",
    says: /catalog-1\/log\.csv line 6: 6 Tux sold, and 3 were left/,
    plan: (plan) => {
      catalogRows(plan)[4] = sale(3, "Tux", 6);
      catalogRows(plan).splice(5, 1);
      everyOrderLog((rows) => void (rows[3] = order(3, "Tux", 6)))(plan);
    },
  },
  "a restock of what was not out of stock": {
    check: "stock",
    says: /line 7: Fox is restocked, and 99 were left/,
    plan: (plan) => void (catalogRows(plan)[5] = restock("Fox", 5)),
  },
  "a sale number left out": {
    check: "stock",
    says: /line 4: sale 2 follows sale 0/,
    plan: (plan) => {
      catalogRows(plan).splice(2, 1);
      everyOrderLog((rows) => {
        rows.splice(1, 6, order(1, "Fox", 1, { key: "key-2", sale: 2 }),
          order(2, "Tux", 3, { key: "key-3", sale: 3 }),
          order(3, "Tux", 1, { key: "key-4", sale: 4 }),
          order(4, "Fox", 1, { key: "key-5", sale: 5 }),
          order(5, "Fox", 2, { key: "key-6", sale: 6, type: "sell" }));
      })(plan);
    },
  },
  "settled that falls": {
    check: "stock",
    says: /line 9: settled falls from 3 to 2/,
    plan: (plan) => void (catalogRows(plan)[7] = sale(5, "Fox", 1, { settled: 2 })),
  },
  "a fence that falls": {
    check: "stock",
    says: /line 11: a fence of term 1 follows one of 1/,
    plan: (plan) => void catalogRows(plan).push(catalogRows(plan)[1]!),
  },
  "a fence with a term out of bounds": {
    check: "stock",
    says: /line 11: a fence with a term out of bounds/,
    plan: (plan) => {
      const fence = catalogRows(plan)[1]!;
      const payload = fence.payload.replace("1.3", "9007199254740991.3");
      catalogRows(plan).push({ ...fence, payload });
    },
  },
  "an initial.csv that was edited": {
    check: "stock",
    says: /line 2: this log began with products [0-9a-f]{8}, and initial\.csv comes to/,
    plan: (plan) => void (plan.initial = plan.initial.replace("15.99", "16.99")),
  },
  "a product made that was there": {
    check: "stock",
    says: /line 11: Fox is made, and was there/,
    plan: (plan) => void catalogRows(plan).push(made("Fox", 0)),
  },
  "a sale of what had been removed": {
    check: "stock",
    says: /line 12: Tux had been removed/,
    plan: (plan) => {
      catalogRows(plan).push(removed("Tux", 4), sale(7, "Tux", 0));
      everyOrderLog((rows) => void rows.push(order(7, "Tux", 0)))(plan);
    },
  },
  "a removal that leaves some": {
    check: "stock",
    says: /line 11: 3 Tux removed of 4/,
    plan: (plan) => void catalogRows(plan).push(removed("Tux", 3)),
  },
  "a row of an unknown kind": {
    check: "stock",
    says: /line 11: a row of a kind that this version does not know/,
    plan: (plan) => void catalogRows(plan).push(row(1, "t,gift,Tux,,1,,,,,,,,,")),
  },
};

test("a good store passes every check", async (t) => {
  assert.deepEqual(await failuresOf(writeStore(t, goodPlan())), new Map());
});

for (const [name, { check, says, plan: change, files }] of Object.entries(DAMAGES)) {
  test(`${name}: ${check} fails, and nothing else`, async (t) => {
    const plan = goodPlan();
    change?.(plan);
    const dataDir = writeStore(t, plan);
    files?.(dataDir);
    const failures = await failuresOf(dataDir);
    assert.deepEqual([...failures.keys()], [check], JSON.stringify([...failures]));
    assert(failures.get(check)!.some((finding) => says.test(finding)), failures.get(check)!.join());
  });
}

test("a dead leader's last rows, of a lower term, are no fault", async (t) => {
  const plan = goodPlan();
  plan.replicas["order-3"]!.rows.push(order(7, "Tux", 1));
  for (const id of [1, 2]) {
    plan.replicas[`order-${id}`]!.rows.push(opening(2), order(7, "Fox", 1, { term: 2 }));
  }
  plan.replicas["catalog-1"]!.rows.push(sale(7, "Fox", 1));
  assert.deepEqual(await failuresOf(writeStore(t, plan)), new Map());
});

function cutLastLine(file: string): void {
  const text = readFileSync(file, "latin1");
  truncateSync(file, text.lastIndexOf("\n", text.length - 2) + 1);
}
