/** Planted bugs of what only some stores have, stocks' volume and books' ids, and of the admin. */
import type { Edit, StoreMutant } from "./mutants.ts";

/** The catalog's own assert, with which it would end itself first. */
const BALANCES: Edit = {
  file: "catalog/state/products.ts",
  find: "initial + restocked + soldBack + added - bought === quantity;",
  replace: "quantity >= 0 * (initial + restocked + soldBack + added + bought);",
};

export const STORES_MUTANTS: readonly StoreMutant[] = [
  {
    name: "the volume is judged by what is shown",
    file: "catalog/state/sale_decision.ts",
    find: "return this.#traded.get(product) ?? tradedOf(product);",
    replace: "return this.#traded.get(product) ?? product.visibleTraded;",
    effect: "what is under way is not counted, and more is traded than may be",
    store: "stocks",
  },
  {
    name: "what a batch traded before is not counted",
    file: "catalog/state/sale_decision.ts",
    find: "return this.#traded.get(product) ?? tradedOf(product);",
    replace: "return tradedOf(product);",
    effect: "of a crowd each is judged as if alone, and more is traded than may be",
    store: "stocks",
  },
  {
    name: "what is sold back counts as no volume",
    file: "catalog/state/products.ts",
    find: "return bought + soldBack - life.tradedBefore;",
    replace: "return bought + 0 * soldBack - life.tradedBefore;",
    effect: "more is traded than may be, and less is shown",
    store: "stocks",
  },
  {
    name: "a sell takes pieces away",
    file: "catalog/state/catalog_state.ts",
    find: "isBuy ? -row.quantity : row.quantity);",
    replace: "-row.quantity);",
    also: [BALANCES],
    effect: "the stock falls by what was sold back",
    store: "stocks",
  },
  {
    name: "a sell that is cut stays in the volume",
    file: "catalog/state/catalog_state.ts",
    find: 'else if (row.kind === "sale" && row.type === "sell") product.soldBack -= moved;',
    replace: 'else if (row.kind === "sale" && row.type === "sell") void moved;',
    also: [BALANCES],
    effect: "what never came about is shown as traded",
    store: "stocks",
    focus: "logs",
    fromSeed: 340,
  },
  {
    name: "a sale of shares is bounded by the stock that is there",
    file: "catalog/state/sale_decision.ts",
    find: 'if (type === "buy" && quantity > left) return',
    replace: "if (quantity > left) return",
    effect: "nobody can sell back what has run out",
    store: "stocks",
  },
  {
    name: "bought and sold back are one under one key",
    file: "order/place_batch.ts",
    find:
      "return one.name === other.name && one.type === other.type && " +
      "one.quantity === other.quantity;",
    replace: "return one.name === other.name && one.quantity === other.quantity;",
    effect: "who sells is told of an order that buys",
    store: "stocks",
  },
  {
    name: "the volume is shown before it is final",
    file: "catalog/calls/shown_products.ts",
    find: "visibleLife.traits, record.visibleTraded);",
    replace: "visibleLife.traits, tradedOf(record));",
    effect: "a volume beside a quantity of before",
    store: "stocks",
  },
  {
    name: "a price is shown before it is invalidated",
    file: "catalog/calls/shown_products.ts",
    find: "visiblePrice: price,",
    replace: "price,",
    effect: "one front-end shows what is new while another still shows what is old",
    store: "books",
  },
  {
    name: "a price that is cut stays",
    file: "catalog/state/catalog_state.ts",
    find: "    product.price = change.priceBefore;\n",
    replace: "",
    effect: "a price that was never set is shown with the next change",
    store: "books",
    focus: "logs",
    fromSeed: 515,
  },
  {
    name: "a price changes and its version does not",
    file: "catalog/state/catalog_state.ts",
    find: "if (product !== null) {\n        product.visiblePrice = price;",
    replace: "if (product !== null && row.kind === \"price\") product.visiblePrice = price;\n" +
      "      else if (product !== null) {\n        product.visiblePrice = price;",
    effect: "the old price and the new one under one version",
    store: "books",
  },
  {
    name: "the admin is answered before it is visible",
    file: "catalog/calls/admin_changes.ts",
    find: "    try {\n      await leadership.visibility.wait(this.#state.lastIndex);\n",
    replace: "    try {\n",
    effect: "who changed it is shown what it was before",
    store: "books",
  },
  {
    name: "the admin's change that comes twice is made twice",
    file: "catalog/calls/admin_changes.ts",
    find: "    this.#arrivals.take(request, this.#leading.host);\n",
    replace: "",
    effect: "twice as many pieces as were added",
    store: "books",
  },
  {
    name: "the admin's change is asked again",
    file: "frontend/owner/admin_client.ts",
    find: 'const answer = await this.#group.post("/admin", {\n      body,\n',
    replace: 'const ask = () => this.#group.post("/admin", {\n' +
      "      body: { ...body, batch: ++this.#lastBatch },\n",
    also: [{
      file: "frontend/owner/admin_client.ts",
      find: "return [answer];",
      replace: "return [await ask().catch(ask)];",
    }],
    effect: "twice as many pieces as were added",
    store: "books",
  },
  {
    name: "a topic is looked for as it is written",
    file: "catalog/state/list_scan.ts",
    find: "traits.topic?.toLowerCase() !== this.#topic",
    replace: "traits.topic !== this.#topic",
    effect: "a search misses what is written otherwise",
    store: "books",
  },
];
