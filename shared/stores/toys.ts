/** The toy store: bought only, and what is out of stock comes back by itself. */
import type { Store } from "./store.ts";

export const toys: Store = {
  name: "toys",
  example: "/products/Tux",
  columns: ["name", "price", "quantity"],
  productFields: ["name", "price", "quantity"],
  orderTypes: ["buy"],
  orderNumberField: "order_number",
  restocks: true,
  routes: [],
  adminRoutes: [],
};
