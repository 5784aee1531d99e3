/**
 * The admin's routes. Without an admin token there are none: they answer as a
 * path does at which there is nothing, to everyone and whatever is sent, and
 * neither Allow nor /openapi.json tells that there could be any.
 */
import { nothingThere, type Handler, type Method, type Route } from "../shared/http/router.ts";
import type { AdminMeaning, AdminRoute, Store } from "../shared/stores/store.ts";
import type { AdminPages } from "./admin_pages.ts";
import { header, ref, refusal, success, type Operation, type PublicRoute } from "./openapi.ts";
import { BAD, DOWN, ID, NAMED } from "./public_operations.ts";

/** Every store's. */
const COMMON: readonly AdminRoute[] = [
  { method: "PATCH", path: "/products/:name", as: "patch", operationId: "changeProduct" },
];
const NOT_YET: readonly [Method, string][] = [
  ["POST", "/products"],
  ["DELETE", "/products/:name"],
];

export function adminRoutes(store: Store, admin: AdminPages): PublicRoute[] {
  return [...COMMON, ...store.adminRoutes].map(({ method, path, as, operationId }) => {
    const { handle, operation } = WORDS[as];
    return { method, path, handle: handle(admin), operation: { ...operation, operationId } };
  });
}

/** What there is not: all of it without a token. */
export function withheldRoutes(store: Store, hasAdmin: boolean): Route[] {
  const own = [...COMMON, ...store.adminRoutes].map(({ method, path }) => [method, path] as const);
  const withheld = hasAdmin ? NOT_YET : [...NOT_YET, ...own];
  return withheld.map(([method, path]) => ({ method, path, handle: refuse, hidden: true }));
}

function refuse(): never {
  throw nothingThere();
}

interface Word {
  handle: (admin: AdminPages) => Handler;
  operation: Omit<Operation, "operationId">;
}

const IF_MATCH = {
  name: "If-Match",
  in: "header",
  required: false,
  schema: { type: "string" },
  description: "An ETag: when the product is another by now, the answer is 412",
};

const RESPONSES = {
  200: success("The product as it is now, everywhere", ref("Product"), {
    ETag: header("Of its new state"),
  }),
  400: BAD,
  401: refusal("Without the admin's token"),
  404: refusal("No such product"),
  409: refusal("There would be less than nothing, or too much of it"),
  412: refusal("If-Match names another state"),
  503: DOWN,
};

const WORDS: Record<AdminMeaning, Word> = {
  patch: {
    handle: (admin) => (exchange) => admin.patch(exchange),
    operation: {
      summary: "Sets price, quantity or both",
      parameters: [NAMED, IF_MATCH],
      requestBody: {
        required: true,
        content: { "application/json": { schema: ref("ProductPatch") } },
      },
      responses: RESPONSES,
    },
  },
  set_price: {
    handle: (admin) => (exchange) => admin.setPriceById(exchange),
    operation: {
      summary: "Sets the price",
      parameters: [ID, inPath("cost", "number"), IF_MATCH],
      responses: RESPONSES,
    },
  },
  add_quantity: {
    handle: (admin) => (exchange) => admin.addById(exchange),
    operation: {
      summary: "Adds so many",
      parameters: [ID, inPath("amount", "integer"), IF_MATCH],
      responses: RESPONSES,
    },
  },
};

function inPath(name: string, type: string): Record<string, unknown> {
  return { name, in: "path", required: true, schema: { type } };
}
