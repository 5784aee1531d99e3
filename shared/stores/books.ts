/** The book store: books have ids and topics, and come back only when the admin adds some. */
import type { Store } from "./store.ts";

export const books: Store = {
  name: "books",
  example: "/lookup/1",
  columns: ["id", "name", "topic", "price", "quantity"],
  productFields: ["id", "name", "topic", "price", "quantity"],
  orderTypes: ["buy"],
  orderNumberField: "order_number",
  restocks: false,
  routes: [
    { method: "GET", path: "/list", as: "list", operationId: "listBooks" },
    { method: "GET", path: "/search/:topic", as: "topic", operationId: "searchBooks" },
    { method: "GET", path: "/lookup/:id", as: "product_by_id", operationId: "getBook" },
    { method: "GET", path: "/get_quantity/:id", as: "quantity", operationId: "getQuantity" },
    { method: "POST", path: "/buy/:id", as: "buy", operationId: "buyBook" },
  ],
  adminRoutes: [
    { method: "POST", path: "/update_c/:id/:cost", as: "set_price", operationId: "setCost" },
    { method: "POST", path: "/update_q/:id/:amount", as: "add_quantity", operationId: "addBooks" },
  ],
};
