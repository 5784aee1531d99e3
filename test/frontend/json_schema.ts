/** Checks a value against the few keywords of JSON Schema that our OpenAPI document uses. */
import assert from "node:assert/strict";

export interface Schema {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  type?: string | string[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: false;
  items?: Schema;
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
  /** Not checked here. */
  minLength?: number;
  maxLength?: number;
  description?: string;
}

export type Schemas = Readonly<Record<string, Schema>>;

const KNOWN = [
  "$ref", "const", "enum", "type", "required", "properties", "additionalProperties", "items",
  "oneOf", "minimum", "maximum", "minLength", "maxLength", "description",
];

/** @throws AssertionError that names the place */
export function checkSchema(value: unknown, schema: Schema, schemas: Schemas, at = "$"): void {
  for (const keyword of Object.keys(schema)) assert(KNOWN.includes(keyword), `${at}: ${keyword}?`);
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace("#/components/schemas/", "");
    return checkSchema(value, schemas[name]!, schemas, at);
  }
  if ("const" in schema) assert.deepEqual(value, schema.const, at);
  if (schema.enum !== undefined) assert(schema.enum.includes(value), at);
  if (schema.type !== undefined) checkType(value, [schema.type].flat(), at);
  if (schema.minimum !== undefined) assert((value as number) >= schema.minimum, at);
  if (schema.maximum !== undefined) assert((value as number) <= schema.maximum, at);
  if (schema.oneOf !== undefined) checkOneOf(value, schema.oneOf, schemas, at);
  if (schema.properties !== undefined) checkFields(value as object, schema, schemas, at);
  if (schema.items === undefined) return;
  for (const [index, item] of (value as unknown[]).entries()) {
    checkSchema(item, schema.items, schemas, `${at}[${index}]`);
  }
}

function checkFields(value: object, schema: Schema, schemas: Schemas, at: string): void {
  const { properties = {}, required = [], additionalProperties } = schema;
  for (const field of required) assert(Object.hasOwn(value, field), `${at}.${field} is missing`);
  for (const [field, inner] of Object.entries(value)) {
    const known = properties[field];
    if (known !== undefined) checkSchema(inner, known, schemas, `${at}.${field}`);
    else assert(additionalProperties !== false, `${at}.${field} is unknown`);
  }
}

function checkType(value: unknown, types: string[], at: string): void {
  const isOne = types.some((type) => {
    if (type === "integer") return Number.isInteger(value);
    if (type === "null") return value === null;
    if (type === "array") return Array.isArray(value);
    if (type !== "object") return typeof value === type;
    return typeof value === "object" && value !== null && !Array.isArray(value);
  });
  assert(isOne, `${at}: ${JSON.stringify(value)} is not ${types.join(" or ")}`);
}

function checkOneOf(value: unknown, options: Schema[], schemas: Schemas, at: string): void {
  const matching = options.filter((schema) => {
    try {
      checkSchema(value, schema, schemas, at);
      return true;
    } catch {
      return false;
    }
  });
  assert.equal(matching.length, 1, `${at}: exactly one of the forms`);
}
