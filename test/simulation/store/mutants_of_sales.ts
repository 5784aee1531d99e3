/** Planted bugs of purchases: front-end, order leader, catalog, and what each tells the others. */
import type { StoreMutant } from "./mutants.ts";
import { STEPS_DOWN } from "./mutants_of_reads.ts";

export const SALE_MUTANTS: readonly StoreMutant[] = [
  {
    name: "asked again under another key",
    file: "frontend/order_client.ts",
    find: "open.map(({ purchase }) => purchase).join",
    replace: "open.map(({ purchase, mayHaveHappened }) => mayHaveHappened\n" +
      '        ? purchase.replace(\'"key":"\', \'"key":"again-\') : purchase).join',
    effect: "who got no answer buys twice",
  },
  {
    name: "a refusal is believed although an older try may come true",
    file: "frontend/order_client.ts",
    find: "return term >= placing.lateTerm ? result : undecided(placing);",
    replace: "return result;",
    effect: "somebody is told no, and gets it",
    focus: "alone",
  },
  {
    name: "a purchase for another term is taken",
    file: "shared/arrivals.ts",
    find: "if (term < own.term || !own.leading) {",
    replace: "if (!own.leading) {",
    effect: "a late copy sells what its buyer was refused",
    focus: "copies",
  },
  {
    name: "a purchase that comes late is taken",
    file: "shared/arrivals.ts",
    find: "if (batch <= latest) {",
    replace: "if (batch === -latest) {",
    effect: "a late copy sells what its buyer was refused",
    focus: "copies",
  },
  {
    name: "what may have been taken counts as not taken",
    file: "shared/arrivals.ts",
    find: 'throw new AppError("unknown", `Batch ${batch} of ${sender} may have come before`);',
    replace: 'throw new AppError("unavailable", "");',
    effect: "told that nothing was tried, and the copy that came first comes true",
    focus: "blackouts",
  },
  {
    name: "sold without a fence",
    file: "catalog/selling.ts",
    find: "    if (isOutranked(request, fence)) return this.#refuse(leadership);\n" +
      "    if (request.term > fence.term) {",
    replace: "    if (Number.isNaN(fence.term)) {",
    also: [{
      file: "catalog/sessions.ts",
      find: "if (session !== this.#current) {",
      replace: "if (session === null) {",
    }],
    effect: "a leader that was replaced goes on selling",
    focus: "copies",
  },
  {
    name: "a batch of another session is decided",
    file: "catalog/sessions.ts",
    find: "if (session !== this.#current) {",
    replace: "if (session === null) {",
    effect: "a late copy takes the number of another batch, and its answer",
    focus: "restarts",
  },
  {
    name: "a batch that comes twice is decided twice",
    file: "catalog/selling.ts",
    find: "    leadership.sessions.remember(request.batch, answer);\n",
    replace: "",
    effect: "what was refused is sold behind everybody's back",
    focus: "copies",
  },
  {
    name: "a batch that nobody remembers is decided",
    file: "catalog/sessions.ts",
    find: "if (batch <= this.#highest - SESSION_WINDOW_BATCHES) {",
    replace: "if (batch <= 0) {",
    effect: "a copy that comes very late sells behind everybody's back",
    focus: "copies",
  },
  {
    name: "a session begins while batches are under way",
    file: "order/seller.ts",
    find: "if (selling.inFlight > 0 || selling.isFencing) return;",
    replace: "if (selling.isFencing) return;",
    effect: "a sale is in the list and in an answer that comes later",
    focus: "restarts",
  },
  {
    name: "one session for ever",
    file: "catalog/sessions.ts",
    find: "if (fenceIsSame && this.#current !== null && this.#highest === 0) return this.#current;",
    replace: "if (fenceIsSame && this.#current !== null) return this.#current;",
    effect: "the first batch after a fence gets the answer of another",
    focus: "overtaken",
  },
  {
    name: "the fence is told before it is final",
    file: "catalog/selling.ts",
    find: "    await leadership.visibility.wait(this.#state.lastIndex);\n    return { session",
    replace: "    return { session",
    effect: "a sale of the list is gone, and its order stands",
    focus: "hangs",
  },
  {
    name: "the list of the fence is not read",
    file: "order/orders.ts",
    find: "for (const { sale, ...purchase } of sales) {",
    replace: "for (const { sale, ...purchase } of sales.slice(sales.length)) {",
    effect: "what was sold never gets its order",
    focus: "restarts",
  },
  {
    name: "a sale of the list is ordered although its key has an order",
    file: "order/orders.ts",
    find: "if (this.#reader.findByKey(purchase.key) !== null) {",
    replace: "if (this.#reader.findByKey(purchase.key)?.number === 0) {",
    effect: "one sale, two orders",
  },
  {
    name: "the log is not searched for the key",
    file: "order/orders.ts",
    find: "if (order !== null) return call.settle(slot, replay(order, purchase));",
    replace: "void [order, replay];",
    effect: "who asks again buys again",
  },
  {
    name: "twins both sell",
    file: "order/orders.ts",
    find: "    if (this.#pending.join(asked)) return;\n",
    replace: "",
    also: [{
      file: "order/pending_purchases.ts",
      find:
        "    assert(!this.#byKey.has(pending.purchase.key), " +
        '"one key, one purchase under way");\n',
      replace: "",
    }],
    effect: "two purchases under one key, sold twice",
  },
  {
    name: "a rival waits for what it did not ask for",
    file: "order/pending_purchases.ts",
    find: "    if (isSame(first.purchase, asked.purchase)) first.waiters.push(asked);\n" +
      "    else first.rivals.push(asked);",
    replace: "    first.waiters.push(asked);",
    effect: "who asks for something else is told of an order for it",
  },
  {
    name: "a rival is told that the key is taken before it is",
    file: "order/pending_purchases.ts",
    find: "    else first.rivals.push(asked);",
    replace: '    else asked.call.settle(asked.slot, { code: "key_reused" });',
    effect: "the first is refused, and nobody may use the key",
    focus: "copies",
  },
  {
    name: "a key stands for whatever is asked",
    file: "order/purchase_call.ts",
    find:
      "return one.name === other.name && one.type === other.type && " +
      "one.quantity === other.quantity;",
    replace: "return one.type === other.type;",
    effect: "who asks for something else is told of an order for it",
  },
  {
    name: "a repeat is not marked",
    file: "order/purchase_call.ts",
    find: '{ code: "ordered", number: order.number, replayed: true }',
    replace: '{ code: "ordered", number: order.number, replayed: false }',
    effect: "who asks again takes it for a second order",
  },
  {
    name: "an order is answered before it is final",
    file: "order/orders.ts",
    find: "    this.#proposed.push({ lastIndex, purchases: sold });",
    replace: "    this.#proposed.push({ lastIndex, purchases: sold });\n" +
      "    for (const pending of sold) {\n" +
      '      this.#pending.end(pending, { code: "ordered", ' +
      "number: pending.number, replayed: false });\n" +
      "    }",
    effect: "an order that was acknowledged is lost with its leader",
    focus: "sales",
  },
  {
    name: "an order is shown before it is final",
    file: "order/order_reader.ts",
    find: "    if (index > this.#host.commitIndex) return null;\n",
    replace: "",
    effect: "an order that was shown is never in the log",
    focus: "leaders",
  },
  {
    name: "no such order, says one alone",
    file: "order/order_reader.ts",
    find: "    await this.#host.confirm();\n",
    replace: "",
    also: [STEPS_DOWN],
    effect: "a leader that was replaced denies an order that was acknowledged",
    focus: "leaders",
  },
  {
    name: "settled too early",
    file: "order/orders.ts",
    find: "    return this.#settlement.settled;",
    replace: "    return this.#proposed.reduce((sum, one) => sum + one.purchases.length,\n" +
      "      this.#settlement.settled);",
    effect: "the catalog forgets a sale whose order is lost",
    focus: "copies",
  },
  {
    name: "what a leader that fell knew as settled",
    file: "order/orders.ts",
    find: "    this.#proposed = [];\n    this.#settlement = new Settlement();",
    replace: "    this.#proposed = [];",
    effect: "rows that were cut count as orders",
    focus: "alone",
  },
  {
    name: "keys of cut rows stay known",
    file: "order/order_index.ts",
    find: "      else this.#keys.removeLatest();",
    replace: "",
    effect: "order numbers and keys lead to the wrong rows",
    focus: "logs",
  },
  {
    name: "opening rows that were cut still count",
    file: "order/order_index.ts",
    find: "if (this.#openings.at(-1) === this.#lastIndex) this.#openings.pop();",
    replace: "if (this.#openings.at(-1) === this.#lastIndex) void 0;",
    effect: "an order is found in the row of another",
    focus: "disks",
  },
  {
    name: "what is being sold is taken back at the deadline",
    file: "order/orders.ts",
    find: 'if (pending?.progress === "queued" && isFirst) {',
    replace: "if (pending !== undefined && isFirst) {",
    effect: "told that nothing was tried, and it comes true",
    focus: "outages",
    fromSeed: 500,
  },
  {
    name: "what was lost with the lead counts as not tried",
    file: "order/purchase_call.ts",
    find: 'const isTried = pending.progress !== "queued";',
    replace: 'const isTried = pending.progress === "logged";',
    effect: "told that nothing was tried, and it comes true",
    focus: "outages",
  },
  {
    name: "a late answer counts as not tried",
    file: "frontend/order_client.ts",
    find: "  if (isUnderWay || mayHaveHappened) {",
    replace: "  if (isUnderWay && mayHaveHappened) {",
    effect: "told that nothing was tried, and it comes true",
    focus: "outages",
  },
  {
    name: "refused by what is not final",
    file: "catalog/selling.ts",
    find: "return leadership.visibility.wait(this.#state.lastIndex).then(() => ({ results }));",
    replace: "return leadership.visibility.wait(rows.length > 0 ? this.#state.lastIndex : 0)" +
      ".then(() => ({ results }));",
    effect: "told that all is sold, and it never was",
    focus: "power",
  },
  // Alone it does no harm: a leader has a key under way once, finds it in its log afterwards, and
  // takes what the fence's list names out of its queue. The last of these guards falls as well.
  {
    name: "the catalog forgets under which key it sold",
    file: "catalog/decision.ts",
    find: "const known = this.#sold.get(key) ?? this.#state.ledger.findByKey(key);",
    replace: "const known = this.#sold.get(key);",
    also: [{
      file: "catalog/ledger.ts",
      find: '    assert(before === undefined || before <= this.settled, "one key, one sale");\n',
      replace: "",
    }, {
      file: "catalog/row_check.ts",
      find: "if (ledger.numberOf(key) > settled) throw",
      replace: "if (ledger.numberOf(key) > ledger.next) throw",
    }, {
      file: "order/seller.ts",
      find: "    this.#queue = this.#queue.filter((pending) => !sold.has(pending.purchase.key));\n",
      replace: "    void sold;\n",
    }],
    effect: "one key, two sales",
    focus: "restarts",
  },
  {
    name: "a restock counts what is still shown",
    file: "catalog/restock.ts",
    find: "state.products.outOfStock().map((product) => product.name);",
    replace: "state.products.ordered().filter((product) => product.visibleQuantity === 0)" +
      ".map((product) => product.name);",
    effect: "restocked twice while the first is not shown yet",
  },
];
