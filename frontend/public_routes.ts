/**
 * The public API as one table: what is dispatched and, beside it, what
 * /openapi.json says of it.
 */
import type { Exchange } from "../shared/http/exchange.ts";
import { NAME_LENGTH_MAX, PAGE_ITEMS_MAX } from "../shared/limits.ts";
import type { Store, StoreRoute } from "../shared/stores/store.ts";
import type { MemberPages } from "./member_pages.ts";
import { header, ref, refusal, success, type PublicRoute } from "./openapi.ts";
import type { OrderPages } from "./order_pages.ts";
import type { ProductPages } from "./product_pages.ts";

export interface Pages {
  /** Whose own words are served beside the common ones. */
  store: Store;
  products: ProductPages;
  orders: OrderPages;
  members: MemberPages;
}

export function publicRoutes(pages: Pages): PublicRoute[] {
  const { products, orders, members, store } = pages;
  return [
    {
      method: "GET",
      path: "/products/:name",
      handle: (exchange) => products.product(exchange),
      operation: GET_PRODUCT,
    },
    {
      method: "GET",
      path: "/products",
      handle: (exchange) => products.list(exchange),
      operation: LIST_PRODUCTS,
    },
    {
      method: "POST",
      path: "/orders",
      handle: (exchange) => orders.place(exchange),
      operation: PLACE_ORDER,
    },
    {
      method: "GET",
      path: "/orders/:number",
      handle: (exchange) => orders.order(exchange),
      operation: GET_ORDER,
    },
    ...memberRoutes(members),
    ...store.routes.map((route) => ownRoute(route, pages)),
  ];
}

/** A word that only this store has, for what every store answers. */
function ownRoute(route: StoreRoute, { products, members }: Pages): PublicRoute {
  const { method, path, operationId } = route;
  switch (route.as) {
    case "product": {
      const handle = (exchange: Exchange) => products.product(exchange);
      return { method, path, handle, operation: { ...GET_PRODUCT, operationId } };
    }
    case "order_leader": {
      const handle = (exchange: Exchange) => members.orderLeader(exchange);
      return { method, path, handle, operation: { ...GET_ORDER_LEADER, operationId } };
    }
  }
}

function memberRoutes(members: MemberPages): PublicRoute[] {
  return [
    {
      method: "GET",
      path: "/leader",
      handle: (exchange) => members.leader(exchange),
      operation: {
        operationId: "getLeader",
        summary: "The order replica that leads",
        responses: { 200: success("It and its term", ref("Leader")), 503: DOWN },
      },
    },
    {
      method: "GET",
      path: "/status",
      handle: (exchange) => members.status(exchange),
      operation: {
        operationId: "getStatus",
        summary: "Every member of the store; one that does not answer is down",
        responses: { 200: success("All members", ref("Status")) },
      },
    },
    {
      method: "GET",
      path: "/livez",
      handle: (exchange) => members.live(exchange),
      operation: {
        operationId: "getLive",
        summary: "Whether this front-end is alive",
        responses: { 200: success("It is", { const: "live" }), 503: DOWN },
      },
    },
    {
      method: "GET",
      path: "/readyz",
      handle: (exchange) => members.ready(exchange),
      operation: {
        operationId: "getReady",
        summary: "Whether this front-end can sell: it sees an order leader and a catalog",
        parameters: [query("verbose", { type: "string" }, "Lists each check")],
        responses: { 200: success("It can", READY), 503: DOWN },
      },
    },
    {
      method: "GET",
      path: "/openapi.json",
      handle: (exchange) => members.openApi(exchange),
      operation: {
        operationId: "getOpenApi",
        summary: "This document",
        responses: {
          200: {
            description: "OpenAPI 3.1",
            content: { "application/json": { schema: { type: "object" } } },
          },
        },
      },
    },
  ];
}

function query(name: string, schema: object, description: string): Record<string, unknown> {
  return { name, in: "query", required: false, schema, description };
}

const NAME = { type: "string", minLength: 1, maxLength: NAME_LENGTH_MAX };
const BAD = refusal("Malformed");
const DOWN = refusal("Not at the moment", { "Retry-After": header("Seconds") });
const NOT_MODIFIED = { description: "As the If-None-Match header says, you have it" };

const READY = {
  oneOf: [
    { const: "ready" },
    {
      type: "object",
      required: ["ready", "checks"],
      properties: {
        ready: { const: true },
        checks: {
          type: "array",
          items: {
            type: "object",
            required: ["name", "ok"],
            properties: { name: { type: "string" }, ok: { type: "boolean" } },
          },
        },
      },
    },
  ],
};

const READ_HEADERS = {
  "Cache-Status": header("RFC 9211: whether it came from the front-end's cache"),
  ETag: header("Strong; send it back as If-None-Match"),
  "Server-Timing": header("Where the time went"),
};

const CONDITION = {
  name: "If-None-Match",
  in: "header",
  required: false,
  schema: { type: "string" },
  description: "An ETag of before: while it still holds, the answer is 304",
};

const GET_PRODUCT = {
  operationId: "getProduct",
  summary: "One product",
  parameters: [{ name: "name", in: "path", required: true, schema: NAME }, CONDITION],
  responses: {
    200: success("The product", ref("Product"), READ_HEADERS),
    304: NOT_MODIFIED,
    400: BAD,
    404: refusal("No such product"),
    503: DOWN,
  },
};

const GET_ORDER_LEADER = {
  summary: "The order replica that leads",
  responses: {
    200: success("It", {
      type: "object",
      required: ["order_leader"],
      additionalProperties: false,
      properties: { order_leader: { type: "integer", minimum: 1 } },
    }),
    503: DOWN,
  },
};

const LIST_PRODUCTS = {
  operationId: "listProducts",
  summary: "Products by name, in pages",
  parameters: [
    query("topic", { type: "string" }, "Only those of this topic"),
    query("q", { type: "string", maxLength: NAME_LENGTH_MAX }, "Part of the name, case-blind"),
    query("limit", { type: "integer", minimum: 1, maximum: PAGE_ITEMS_MAX }, "Page size"),
    query("after", { type: "string" }, "The last name of the page before"),
    CONDITION,
  ],
  responses: {
    200: success(
      "A page; the Link header leads to the next",
      { type: "array", items: ref("Product") },
      { ...READ_HEADERS, Link: header('The next page, rel="next"') },
    ),
    304: NOT_MODIFIED,
    400: BAD,
    503: DOWN,
  },
};

/** Of every answer to a purchase. */
const UNDER = { "Idempotency-Key": header("The key it went under") };

const PLACE_ORDER = {
  operationId: "placeOrder",
  summary: "Places an order; repeated under the same key it is the same order",
  parameters: [
    {
      name: "Idempotency-Key",
      in: "header",
      required: false,
      schema: { type: "string", pattern: "^([A-Za-z0-9_.:-]{1,255}|~[A-Za-z0-9_-]{22})$" },
    },
  ],
  requestBody: {
    required: true,
    content: { "application/json": { schema: ref("OrderRequest") } },
  },
  responses: {
    200: success("The order stands", ref("Ordered"), {
      Location: header("The order"),
      ...UNDER,
      "Idempotency-Replayed": header("true: it was placed before"),
      "Server-Timing": header("Where the time went"),
    }),
    400: refusal("Malformed; without Idempotency-Key when it was the key that is"),
    404: refusal("No such product", UNDER),
    409: refusal("Not enough stock, or more than may be traded", UNDER),
    413: refusal("The body is too large", UNDER),
    415: refusal("The body is not JSON in UTF-8", UNDER),
    422: refusal("The key belongs to another order", UNDER),
    503: refusal("Not at the moment, or unknown: repeat it with the same key and body", {
      "Retry-After": header("Seconds"),
      ...UNDER,
    }),
  },
};

const GET_ORDER = {
  operationId: "getOrder",
  summary: "One order; it never changes",
  parameters: [
    {
      name: "number",
      in: "path",
      required: true,
      schema: { type: "string", pattern: "^[1-9][0-9]{0,15}$" },
    },
  ],
  responses: {
    200: success("The order", ref("Order"), { "Server-Timing": header("Where the time went") }),
    400: BAD,
    404: refusal("No such order"),
    503: DOWN,
  },
};
