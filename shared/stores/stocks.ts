/** The stock bazaar: shares are bought and sold, up to so many of each. */
import type { Store } from "./store.ts";

export const stocks: Store = {
  name: "stocks",
  example: "/stocks/GameStart",
  columns: ["name", "price", "quantity", "max_volume"],
  productFields: ["name", "price", "quantity", "volume", "max_volume"],
  orderTypes: ["buy", "sell"],
  orderNumberField: "transaction_number",
  restocks: false,
  routes: [
    { method: "GET", path: "/stocks/:name", as: "product", operationId: "getStock" },
    { method: "GET", path: "/get_order_leader", as: "order_leader", operationId: "getOrderLeader" },
  ],
  adminRoutes: [],
};
