/** A run without faults, in which a few buy what there is enough of. */
import { CALM } from "./network_weather.ts";
import { drawPlan, type Plan } from "./plan.ts";

export function calmPlan(): Plan {
  const plan = drawPlan(1, new Set(), { focus: "anything", store: "toys" });
  const events = plan.events.filter(({ atMs, kind }) => kind === "order" && atMs < 300).slice(0, 5);
  const sizes = { frontends: 2, orders: 3, catalogs: 1, orderQuorum: 2 };
  const products = plan.products.map((product) => ({ ...product, quantity: 100 }));
  return { ...plan, weather: CALM, sizes, products, events, restockMs: 0, flushMs: 1 };
}
