/**
 * The public API as one table: what is dispatched and, beside it, what
 * /openapi.json says of it.
 */
import type { Store } from "../../shared/stores/store.ts";
import type { AdminPages } from "./admin_handlers.ts";
import { adminRoutes } from "./admin_routes.ts";
import type { MemberPages } from "./status_handlers.ts";
import { ref, success, type PublicRoute } from "./openapi.ts";
import {
  DOWN, GET_OPENAPI, GET_ORDER, GET_PRODUCT, LIST_PRODUCTS, PLACE_ORDER, query, READY,
} from "./openapi_operations.ts";
import { ownRoute, type Answering } from "./store_routes.ts";

export interface Pages extends Answering {
  /** Whose own words are served beside the common ones. */
  store: Store;
  /** Null: nobody is. */
  admin: AdminPages | null;
}

export function publicRoutes(pages: Pages): PublicRoute[] {
  const { products, orders, members, store, admin } = pages;
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
    ...(admin === null ? [] : adminRoutes(store, admin)),
  ];
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
      operation: GET_OPENAPI,
    },
  ];
}
