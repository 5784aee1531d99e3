/** What /openapi.json says of the public routes, beside the table that dispatches them. */
import { NAME_LENGTH_MAX, PAGE_ITEMS_MAX } from "../../shared/limits.ts";
import { header, ref, refusal, success } from "./openapi.ts";

export function query(name: string, schema: object, description: string): Record<string, unknown> {
  return { name, in: "query", required: false, schema, description };
}

const NAME = { type: "string", minLength: 1, maxLength: NAME_LENGTH_MAX };
export const BAD = refusal("Malformed");
export const DOWN = refusal("Not at the moment", { "Retry-After": header("Seconds") });
export const NOT_MODIFIED = { description: "As the If-None-Match header says, you have it" };

export const GET_OPENAPI = {
  operationId: "getOpenApi",
  summary: "This document",
  responses: {
    200: {
      description: "OpenAPI 3.1",
      headers: { ETag: header("Strong; send it back as If-None-Match") },
      content: { "application/json": { schema: { type: "object" } } },
    },
    304: NOT_MODIFIED,
  },
};

export const READY = {
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

export const READ_HEADERS = {
  "Cache-Status": header("RFC 9211: whether it came from the front-end's cache"),
  ETag: header("Strong; send it back as If-None-Match"),
  "Server-Timing": header("Where the time went"),
};

export const CONDITION = {
  name: "If-None-Match",
  in: "header",
  required: false,
  schema: { type: "string" },
  description: "An ETag of before: while it still holds, the answer is 304",
};

export const ID = {
  name: "id",
  in: "path",
  required: true,
  schema: { type: "string", pattern: "^[1-9][0-9]{0,8}$" },
};

export const NAMED = { name: "name", in: "path", required: true, schema: NAME };

export const GET_PRODUCT = {
  operationId: "getProduct",
  summary: "One product",
  parameters: [NAMED, CONDITION],
  responses: {
    200: success("The product", ref("Product"), READ_HEADERS),
    304: NOT_MODIFIED,
    400: BAD,
    404: refusal("No such product"),
    503: DOWN,
  },
};

export const LIST_PRODUCTS = {
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
export const UNDER = { "Idempotency-Key": header("The key it went under") };

/** A buyer's own, or one that a front-end made. */
const KEY_PATTERN = "^([A-Za-z0-9_.:][A-Za-z0-9_.:-]{0,254}|~[A-Za-z0-9_-]{22})$";

export const PLACE_ORDER = {
  operationId: "placeOrder",
  summary: "Places an order; repeated under the same key it is the same order",
  parameters: [
    {
      name: "Idempotency-Key",
      in: "header",
      required: false,
      schema: { type: "string", pattern: KEY_PATTERN },
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

export const GET_ORDER = {
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
