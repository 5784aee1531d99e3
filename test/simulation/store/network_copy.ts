/**
 * A body as it comes out at the other end: what JSON.parse makes of what
 * JSON.stringify made of it, of which nothing is shared. Copied instead, as
 * most of what a simulated message costs would be JSON (six times as much).
 */

/** @throws as JSON.stringify, on a bigint; undefined where JSON has nothing for it */
export function copyAsJson(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // There is no -0 in JSON.
      return Number.isFinite(value) ? value + 0 : null;
    case "object":
      return value === null ? null : copyObject(value);
    case "bigint":
      throw new TypeError("JSON has no bigint");
    default:
      return undefined;
  }
}

function copyObject(value: object): unknown {
  if (Array.isArray(value)) return copyList(value);
  if ("toJSON" in value && typeof value.toJSON === "function") return copyAsJson(value.toJSON());
  const copied: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = copyAsJson((value as Record<string, unknown>)[name]);
    if (field !== undefined) copied[name] = field;
  }
  return copied;
}

function copyList(list: readonly unknown[]): unknown[] {
  const copied: unknown[] = [];
  for (const item of list) copied.push(copyAsJson(item) ?? null);
  return copied;
}
