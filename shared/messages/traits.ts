/** What some stores tell of a product beside name, price and quantity, as JSON has it. */
import { ID_MAX, VOLUME_MAX } from "../limits.ts";
import { parseName } from "./names.ts";
import { asIntegerIn } from "./parse.ts";
import type { Traits } from "./messages.ts";

export const TRAITS: readonly (keyof Traits)[] = ["id", "topic", "max_volume"];

/**
 * Those of these fields that are there, always in the same order.
 * @throws bad_request
 */
export function readTraits({ id, topic, max_volume }: Record<string, unknown>): Traits {
  const traits: Traits = {};
  if (id !== undefined) traits.id = asIntegerIn(id, "id", 1, ID_MAX);
  if (topic !== undefined) traits.topic = parseName(topic);
  if (max_volume !== undefined) {
    traits.max_volume = asIntegerIn(max_volume, "max_volume", 0, VOLUME_MAX);
  }
  return traits;
}
