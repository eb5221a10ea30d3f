/** Values that a JSON Schema of our OpenAPI file allows, and values that are almost so: for property tests. */
import fc from 'fast-check';

export interface JsonSchema {
  type?: string;
  enum?: readonly unknown[];
  const?: unknown;
  $ref?: string;
  anyOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  format?: string;
}

/** Long texts and lists find nothing that short ones do not. */
const LONGEST = 12;

/** `schemas` are the components that `$ref` names. */
export function allowed(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  depth = 0,
): fc.Arbitrary<unknown> {
  const inner = (next: JsonSchema): fc.Arbitrary<unknown> => allowed(next, schemas, depth + 1);
  if (schema.$ref !== undefined) {
    return inner(schemas[schema.$ref.split('/').at(-1)!]!);
  }
  if (schema.anyOf !== undefined) {
    return fc.oneof(...schema.anyOf.map(inner));
  }
  if ('const' in schema) {
    return fc.constant(schema.const);
  }
  if (schema.enum !== undefined) {
    return fc.constantFrom(...schema.enum);
  }
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1_000, -1_000_000),
        max: Math.min(schema.maximum ?? 1_000_000, 1_000_000),
      });
    case 'number':
      return fc.double({
        min: schema.minimum ?? schema.exclusiveMinimum ?? -1_000,
        max: schema.maximum ?? 1_000_000,
        noNaN: true,
        minExcluded: schema.exclusiveMinimum !== undefined,
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const minLength = schema.minItems ?? 0;
      const maxLength = Math.min(schema.maxItems ?? minLength + 2, minLength + 2);
      return fc.array(inner(schema.items ?? {}), { minLength, maxLength });
    }
    case 'object':
      return object(schema, inner);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function object(
  { properties, required = [], additionalProperties, propertyNames }: JsonSchema,
  inner: (schema: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  if (properties === undefined) {
    const value = typeof additionalProperties === 'object' ? additionalProperties : {};
    const key = propertyNames === undefined ? fc.string({ maxLength: 8 }) : inner(propertyNames);
    return fc.dictionary(key as fc.Arbitrary<string>, inner(value), { maxKeys: 2 });
  }
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, inner(schema)]),
  );
  return fc.record(model, { requiredKeys: [...required] });
}

function text({ pattern, format, minLength = 0, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  if (format === 'uri') {
    return fc.webUrl();
  }
  if (pattern !== undefined) {
    return fc.stringMatching(new RegExp(pattern, 'u'));
  }
  return fc.string({
    minLength,
    maxLength: Math.min(maxLength ?? minLength + LONGEST, minLength + LONGEST),
    unit: 'grapheme',
  });
}

/** What no schema expects in this place. */
export const STRANGE: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, -1, 0, 1e308, 2 ** 53, 2 ** 31, '', '\0', '\ud800', '../../etc/passwd'],
    ...['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', "'; drop table sessions; --", '%00'],
    ...[[], {}, { $ref: '#' }, { constructor: { prototype: { x: 1 } } }, 'x'.repeat(5_000)],
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** A valid value with one thing replaced, added or left out. */
export function damaged(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, STRANGE, fc.nat(), fc.string({ maxLength: 6 }))
    .map(([whole, strange, choice, name]) => {
      if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) {
        return strange;
      }
      const copy: Record<string, unknown> = { ...whole };
      const keys = Object.keys(copy);
      const key = keys[Math.floor(choice / 3) % Math.max(1, keys.length)] ?? name;
      switch (choice % 3) {
        case 0:
          return Object.fromEntries(Object.entries(copy).filter(([one]) => one !== key));
        case 1:
          copy[key] = strange;
          return copy;
        default:
          copy[name] = strange;
          return copy;
      }
    });
}
