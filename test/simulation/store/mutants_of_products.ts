/** Planted bugs of products that come and go: in what is decided, undone, shown and listed. */
import type { Edit, StoreMutant } from "./mutants.ts";

/** The catalog's own asserts, with which it would end itself first, and its followers' doors. */
const IS_OF_A_PRODUCT: readonly Edit[] = [{
  file: "catalog/state/catalog_state.ts",
  find: "if (!product?.life.isHere) assert.fail(",
  replace: "if (!product) assert.fail(",
}, {
  file: "catalog/state/row_check.ts",
  find: 'if (!product?.life.isHere) throw no(state, row, "of no product");',
  replace: 'if (!product) throw no(state, row, "of no product");',
}];
const IS_REMOVED_WHOLE: readonly Edit[] = [{
  file: "catalog/state/catalog_state.ts",
  find: '    assert.equal(product.quantity, 0, "what is removed is removed whole");\n',
  replace: "",
}, {
  file: "catalog/state/row_check.ts",
  find: "if (findHere(state, row).quantity + row.quantity !== 0) throw",
  replace: "if (findHere(state, row).quantity < 0) throw",
}];
const HAS_AN_ID_ALONE: readonly Edit[] = [{
  file: "catalog/state/products.ts",
  find: "    if (this.#byId.has(id)) assert.fail(`two products with id ${id}`);\n",
  replace: "",
}, {
  file: "catalog/state/row_check.ts",
  find: "id !== undefined && id !== own && products.findById(id) !== undefined;",
  replace: "id !== undefined && id !== own && products.findById(id) === null;",
}];

export const PRODUCT_MUTANTS: readonly StoreMutant[] = [
  {
    name: "a look-up goes by what is decided to come or go",
    file: "catalog/calls/shown_products.ts",
    find: "if (!record?.visibleLife.isHere) return null;",
    replace: "if (!record?.life.isHere) return null;",
    effect: "one front-end says that it is gone while another still shows it",
    store: "books",
  },
  {
    name: "a list goes by what is decided to come or go",
    file: "catalog/state/list_scan.ts",
    find: "const { isHere, traits } = record.visibleLife;",
    replace: "const { isHere, traits } = record.life;",
    effect: "a list is without what is there, or has what is not there yet",
    store: "books",
  },
  {
    name: "a list holds what is gone",
    file: "catalog/state/list_scan.ts",
    find: "    if (!isHere) return false;\n",
    replace: "",
    effect: "what was removed stays in every list",
    store: "books",
  },
  {
    name: "nobody is told of a removal",
    file: "catalog/state/catalog_state.ts",
    find: "return this.#changes.at(index).product?.name ?? null;",
    replace: "const { row, product } = this.#changes.at(index);\n" +
      '    return row.kind === "remove" ? null : product?.name ?? null;',
    effect: "caches show what is gone",
    store: "books",
  },
  {
    name: "what is removed counts as sold out",
    file: "catalog/state/sale_decision.ts",
    find: 'if (!product?.life.isHere) return { code: "not_found" };',
    replace: 'if (!product) return { code: "not_found" };',
    effect: "buyers wait for what will not come",
    store: "books",
  },
  {
    name: "a removal that is cut stays",
    file: "catalog/state/catalog_state.ts",
    find: "    else if (product.life !== change.lifeBefore) " +
      "this.#products.setLife(product, change.lifeBefore);\n",
    replace: "",
    effect: "what was never removed cannot be bought",
    store: "books",
    focus: "logs",
    fromSeed: 130,
  },
  {
    name: "a new product that is cut stays",
    file: "catalog/state/catalog_state.ts",
    find: "if (change.lifeBefore === NEVER_LISTED) this.#products.drop(product);",
    replace: "if (change.lifeBefore === NEVER_LISTED) void product;",
    effect: "what was never made is sold out, and cannot be made",
    store: "books",
    focus: "logs",
    fromSeed: 4150,
  },
  {
    name: "a removal takes nothing away",
    file: "catalog/calls/admin_changes.ts",
    find: 'return this.#roomFor([{ kind: "remove", name, quantity: 0 - quantity }]);',
    replace: 'return this.#roomFor([{ kind: "remove", name, quantity: 0 * quantity }]);',
    also: IS_REMOVED_WHOLE,
    effect: "pieces that nobody can buy, which come again with the product",
    store: "books",
  },
  {
    name: "what is removed is restocked",
    file: "catalog/state/products.ts",
    find: "if (record.quantity === 0 && record.life.isHere) this.#outOfStock.add(record);",
    replace: "if (record.quantity === 0) this.#outOfStock.add(record);",
    also: IS_OF_A_PRODUCT,
    effect: "pieces of what is not there",
    store: "toys",
  },
  {
    name: "an id is given again",
    file: "catalog/calls/admin_changes.ts",
    find: "id !== own && products.findById(id) !== undefined) {",
    replace: "id !== own && products.findById(id)?.life.isHere) {",
    also: HAS_AN_ID_ALONE,
    effect: "who asks for a book by its id gets another",
    store: "books",
    fromSeed: 790,
  },
  {
    name: "an id of nothing stays one of nothing",
    file: "frontend/api/names_by_id.ts",
    find: "if (name !== null) this.#known.set(id, name);",
    replace: "this.#known.set(id, name as string);",
    effect: "who asked too early is never shown what was made since",
    store: "books",
  },
  {
    name: "the admin is refused before the reason is visible",
    file: "catalog/calls/admin_changes.ts",
    find: "    await leadership.visibility.wait(this.#state.lastIndex);\n    throw refusal;",
    replace: "    throw refusal;",
    effect: "he is told that it is gone, and then shown that it is there",
    store: "books",
    fromSeed: 340,
  },
];
