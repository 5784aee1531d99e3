/** The words that only one store has, for what every store answers (shared/stores). */
import type { Handler } from "../../shared/http/router.ts";
import { PAGE_ITEMS_MAX } from "../../shared/limits.ts";
import type { Meaning, StoreRoute } from "../../shared/stores/store.ts";
import type { MemberPages } from "./status_handlers.ts";
import { refusal, success, type Operation, type PublicRoute } from "./openapi.ts";
import type { OrderPages } from "./order_handlers.ts";
import type { ProductPages } from "./product_handlers.ts";
import {
  BAD, CONDITION, DOWN, GET_PRODUCT, ID, LIST_PRODUCTS, NOT_MODIFIED, PLACE_ORDER, query,
  READ_HEADERS,
} from "./openapi_operations.ts";

/** What every store answers, and a store's own words may stand for. */
export interface Answering {
  products: ProductPages;
  orders: OrderPages;
  members: MemberPages;
}

interface Word {
  handle: (pages: Answering) => Handler;
  operation: Omit<Operation, "operationId">;
}

export function ownRoute(route: StoreRoute, pages: Answering): PublicRoute {
  const { method, path, as, operationId } = route;
  const { handle, operation } = WORDS[as];
  return { method, path, handle: handle(pages), operation: { ...operation, operationId } };
}

const { 413: _body, 415: _type, ...PLACED } = PLACE_ORDER.responses;

const LIST = {
  parameters: [
    query("limit", { type: "integer", minimum: 1, maximum: PAGE_ITEMS_MAX }, "Page size"),
    query("after", { type: "integer" }, "The last id of the page before"),
    CONDITION,
  ],
  responses: LIST_PRODUCTS.responses,
};

/** An object of exactly this, a number. */
function numbered(...fields: string[]): Record<string, unknown> {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: "integer" }]));
  return { type: "object", required: fields, additionalProperties: false, properties };
}

const WORDS: Record<Meaning, Word> = {
  product: {
    handle: ({ products }) => (exchange) => products.product(exchange),
    operation: GET_PRODUCT,
  },
  product_by_id: {
    handle: ({ products }) => (exchange) => products.productById(exchange),
    operation: { ...GET_PRODUCT, parameters: [ID, CONDITION] },
  },
  quantity: {
    handle: ({ products }) => (exchange) => products.quantity(exchange),
    operation: {
      summary: "How many of it there are",
      parameters: [ID, CONDITION],
      responses: {
        200: success("Its id and quantity", numbered("id", "quantity"), READ_HEADERS),
        304: NOT_MODIFIED,
        400: BAD,
        404: refusal("No such product"),
        503: DOWN,
      },
    },
  },
  buy: {
    handle: ({ orders }) => (exchange) => orders.buyById(exchange),
    operation: {
      summary: "Buys one; repeated under the same key it is the same order",
      parameters: [ID, ...PLACE_ORDER.parameters],
      responses: PLACED,
    },
  },
  list: {
    handle: ({ products }) => (exchange) => products.listById(exchange),
    operation: { ...LIST, summary: "All products by id, in pages" },
  },
  topic: {
    handle: ({ products }) => (exchange) => products.listById(exchange),
    operation: {
      ...LIST,
      summary: "Those of one topic by id, in pages; its case does not matter",
      parameters: [
        { name: "topic", in: "path", required: true, schema: { type: "string" } },
        ...LIST.parameters,
      ],
    },
  },
  order_leader: {
    handle: ({ members }) => (exchange) => members.orderLeader(exchange),
    operation: {
      summary: "The order replica that leads",
      responses: { 200: success("It", numbered("order_leader")), 503: DOWN },
    },
  },
};
