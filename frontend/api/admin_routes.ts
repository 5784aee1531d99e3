/**
 * The admin's routes. Without an admin token there are none: they answer as a
 * path does at which there is nothing, to everyone and whatever is sent, and
 * neither Allow nor /openapi.json tells that there could be any.
 */
import { nothingThere, type Handler, type Route } from "../../shared/http/router.ts";
import type { AdminMeaning, AdminRoute, Store } from "../../shared/stores/store.ts";
import type { AdminPages } from "./admin_handlers.ts";
import { header, ref, refusal, success, type Operation, type PublicRoute } from "./openapi.ts";
import { BAD, DOWN, ID, NAMED } from "./openapi_operations.ts";

/** Every store's. */
const COMMON: readonly AdminRoute[] = [
  { method: "POST", path: "/products", as: "create", operationId: "createProduct" },
  { method: "PATCH", path: "/products/:name", as: "patch", operationId: "changeProduct" },
  { method: "DELETE", path: "/products/:name", as: "remove", operationId: "removeProduct" },
];

export function adminRoutes(store: Store, admin: AdminPages): PublicRoute[] {
  return [...COMMON, ...store.adminRoutes].map(({ method, path, as, operationId }) => {
    const { handle, operation } = WORDS[as];
    return { method, path, handle: handle(admin), operation: { ...operation, operationId } };
  });
}

/** What there is not: all of it without a token. */
export function withheldRoutes(store: Store, hasAdmin: boolean): Route[] {
  if (hasAdmin) return [];
  return [...COMMON, ...store.adminRoutes].map(({ method, path }) => {
    return { method, path, handle: refuse, hidden: true };
  });
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

const TAGGED = { ETag: header("Of its new state") };
const REFUSED = {
  400: BAD,
  401: refusal("Without the admin's token"),
  503: DOWN,
};
const REFUSED_OF_ONE = {
  ...REFUSED,
  404: refusal("No such product"),
  412: refusal("If-Match names another state"),
};
const RESPONSES = {
  200: success("The product as it is now, everywhere", ref("Product"), TAGGED),
  ...REFUSED_OF_ONE,
  409: refusal("There would be less than nothing, or too much of it"),
};

const WORDS: Record<AdminMeaning, Word> = {
  create: {
    handle: (admin) => (exchange) => admin.create(exchange),
    operation: {
      summary: "A new product, or one that was removed and comes again",
      parameters: [],
      requestBody: bodyOf("NewProduct"),
      responses: {
        201: success("The product, to be found everywhere", ref("Product"), {
          ...TAGGED,
          Location: header("Its path"),
        }),
        ...REFUSED,
        409: refusal("There is one of this name, or the id is another's"),
      },
    },
  },
  patch: {
    handle: (admin) => (exchange) => admin.patch(exchange),
    operation: {
      summary: "Sets price, quantity or both",
      parameters: [NAMED, IF_MATCH],
      requestBody: bodyOf("ProductPatch"),
      responses: RESPONSES,
    },
  },
  remove: {
    handle: (admin) => (exchange) => admin.remove(exchange),
    operation: {
      summary: "Takes it out of the store with all its pieces; its orders stay",
      parameters: [NAMED, IF_MATCH],
      responses: {
        200: success("It is to be found nowhere", ref("Removed")),
        ...REFUSED_OF_ONE,
      },
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

function bodyOf(schema: string): Record<string, unknown> {
  return { required: true, content: { "application/json": { schema: ref(schema) } } };
}

function inPath(name: string, type: string): Record<string, unknown> {
  return { name, in: "path", required: true, schema: { type } };
}
