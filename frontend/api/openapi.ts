/**
 * The OpenAPI 3.1 document, made from the very routes that dispatch: a route
 * cannot be served and not be in it, nor the other way round. The schemas
 * come from the store's vocabulary.
 */
import type { Route } from "../../shared/http/router.ts";
import { NAME_LENGTH_MAX, QUANTITY_MAX } from "../../shared/limits.ts";
import type { Product } from "../../shared/messages/messages.ts";
import type { Vocabulary } from "./store_format.ts";

type Json = Record<string, unknown>;

/** What a route says of itself. */
export interface Operation {
  operationId: string;
  summary: string;
  parameters?: readonly Json[];
  requestBody?: Json;
  /** By status; refusals that every route may give are added. */
  responses: Record<number, Json>;
}

export interface PublicRoute extends Route {
  operation: Operation;
}

export function openApiDocument(routes: readonly PublicRoute[], vocabulary: Vocabulary): Json {
  const paths: Record<string, Json> = {};
  for (const { method, path, operation } of routes) {
    const template = path.replace(/:(\w+)/g, "{$1}");
    (paths[template] ??= {})[method.toLowerCase()] = described(operation, method);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: `Two-tier store: ${vocabulary.store.name}`,
      version: "1",
      description: "Success is {data}, failure is {error: {code, message}}, whatever the failure.",
    },
    paths,
    components: { schemas: schemasOf(vocabulary) },
  };
}

function described({ responses, ...rest }: Operation, method: string): Json {
  const tooMany = refusal("More than this client's share", { "Retry-After": header("Seconds") });
  const others = { 429: tooMany, default: refusal("Any other refusal") };
  const ofOrigin = method === "GET" ? {} : ORIGIN_REFUSALS;
  return { ...rest, responses: { ...responses, ...ofOrigin, ...others } };
}

/** Of whatever changes anything (same_origin.ts); nothing was done. */
const ORIGIN_REFUSALS = {
  403: refusal("Foreign origin: a browser says that a page of another site asks"),
  421: refusal("Misdirected: the Host header names no host of this store"),
};

/** A response with a JSON body of this schema under `data`. */
export function success(description: string, schema: Json, headers: Json = {}): Json {
  const body = { type: "object", required: ["data"], properties: { data: schema } };
  return { description, headers, content: { "application/json": { schema: body } } };
}

export function refusal(description: string, headers: Json = {}): Json {
  return { description, headers, content: { "application/json": { schema: ref("Error") } } };
}

export function ref(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}

export function header(description: string): Json {
  return { description, schema: { type: "string" } };
}

const WHOLE = { type: "integer", minimum: 0 };
const PRODUCT_FIELDS: Record<keyof Product, Json> = {
  id: { type: "integer", minimum: 1 },
  name: { type: "string", minLength: 1, maxLength: NAME_LENGTH_MAX },
  topic: { type: "string" },
  price: { type: "number", minimum: 0 },
  quantity: WHOLE,
  volume: WHOLE,
  max_volume: WHOLE,
};

function schemasOf(vocabulary: Vocabulary): Json {
  const { orderTypes, orderNumberField } = vocabulary.store;
  const number = { type: "integer", minimum: 1 };
  const quantity = { type: "integer", minimum: 1, maximum: QUANTITY_MAX };
  const orderFields: Json = {
    number,
    name: PRODUCT_FIELDS.name,
    type: { type: "string", enum: [...orderTypes] },
    quantity,
  };
  const { name, type } = orderFields;
  const asked = orderTypes.length > 1 ? { name, type, quantity } : { name, quantity };
  return {
    Product: closed(vocabulary.productFields, PRODUCT_FIELDS),
    Order: closed(vocabulary.orderFields, orderFields),
    Ordered: closed([orderNumberField], { [orderNumberField]: number }),
    OrderRequest: { ...closed(Object.keys(asked), asked), required: ["name", "quantity"] },
    NewProduct: {
      ...closed(vocabulary.newProductFields, PRODUCT_FIELDS),
      required: vocabulary.newProductFields.filter((field) => field !== "id"),
    },
    Removed: closed(["name"], PRODUCT_FIELDS),
    ProductPatch: {
      type: "object",
      additionalProperties: false,
      minProperties: 1,
      properties: { price: PRODUCT_FIELDS.price, quantity: { ...WHOLE, maximum: QUANTITY_MAX } },
    },
    Leader: closed(["id", "term"], { id: number, term: number }),
    Status: statusSchema(),
    Error: errorSchema(),
  };
}

/** An object of exactly these fields. */
function closed(fields: readonly string[], schemas: Json): Json {
  const properties = Object.fromEntries(fields.map((field) => [field, schemas[field]]));
  return { type: "object", required: [...fields], additionalProperties: false, properties };
}

function errorSchema(): Json {
  const error = closed(["code", "message"], {
    code: { type: "integer", description: "The HTTP status" },
    message: { type: "string" },
  });
  return closed(["error"], { error });
}

function statusSchema(): Json {
  const member = {
    type: "object",
    required: ["name", "role", "state", "uptime_ms"],
    properties: {
      name: { type: "string" },
      role: { enum: ["frontend", "leader", "follower", "candidate", null] },
      state: { enum: ["normal", "recovering", "stopping", "down"] },
      uptime_ms: { type: ["integer", "null"] },
    },
  };
  return closed(["store", "members"], {
    store: { type: "string" },
    members: { type: "array", items: member },
  });
}
