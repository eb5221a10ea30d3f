/** From schemas to OpenAPI: what fastify-type-provider-zod makes, and which token each route needs. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import { PERMISSIONS } from './authority.ts';

/** Part of a schema that JSON Schema cannot say, such as a transformation, is told as "anything". */
const zodToJsonConfig = { unrepresentable: 'any' } as const;

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>;

export function createJsonSchemaTransforms(): Required<
  Pick<FastifyDynamicSwaggerOptions, 'transform' | 'transformObject'>
> {
  const toJson = createJsonSchemaTransform({ zodToJsonConfig });
  const transform: Transform = (document) => {
    const made = toJson(document);
    const { permission } = document.route.config ?? {};
    if (permission === undefined || made.schema === undefined || document.schema?.hide === true) {
      return made;
    }
    const { token, roles, scopes } = PERMISSIONS[permission];
    const schema = {
      ...made.schema,
      // Any one of them; what stands in the list opens it.
      security: [
        ...(token === 'anyone' ? [{}] : []),
        { token: [] },
        ...(roles.length === 0 ? [] : [{ signIn: roles.map(({ role }) => role) }]),
        ...(scopes.length === 0 ? [] : [{ key: scopes.map(({ scope }) => scope) }]),
      ],
      'x-permission': permission,
    };
    return { ...made, schema };
  };
  const withSchemas = createJsonSchemaTransformObject({ zodToJsonConfig });
  return { transform, transformObject: (document) => tidied(withSchemas(document) as Description) };
}

const GOOD: Readonly<Record<string, string>> = {
  200: 'As asked',
  201: 'Made',
  202: 'Taken on',
  204: 'Done; no body',
};
const REFERENCE = '#/components/schemas/';

type Made = ReturnType<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>;
type Description = Extract<Made, { components?: unknown }>;

/**
 * Every schema comes in two forms, what may be sent (`XInput`) and what is answered (`X`). Those that nothing refers to
 * go, and `XInput` is called `X` where that name is free.
 */
function tidied(description: Description): Description {
  const components = description.components ?? {};
  const schemas = { ...components.schemas } as Record<string, unknown>;
  const used = new Set<string>();
  const open: unknown[] = [description.paths];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'object' && next !== null) {
      for (const [key, value] of Object.entries(next)) {
        const name =
          key === '$ref' && typeof value === 'string' ? value.slice(REFERENCE.length) : undefined;
        if (name === undefined) {
          open.push(value);
        } else if (!used.has(name)) {
          used.add(name);
          open.push(schemas[name]);
        }
      }
    }
  }
  const nameOf = (name: string): string => {
    const short = name.replace(/Input$/u, '');
    return used.has(short) ? name : short;
  };
  const kept = Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => used.has(name))
      .map(([name, schema]) => [nameOf(name), schema] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  const whole = { ...description, components: { ...components, schemas: kept } };
  return JSON.parse(JSON.stringify(whole), function (this: unknown, key, value: unknown) {
    if (key === '$ref' && typeof value === 'string') {
      return `${REFERENCE}${nameOf(value.slice(REFERENCE.length))}`;
    }
    if (key === 'responses' && typeof value === 'object' && value !== null) {
      for (const [status, response] of Object.entries(
        value as Record<string, { description: string }>,
      )) {
        if (response.description === 'Default Response') {
          response.description = GOOD[status] ?? 'As asked';
        }
      }
    }
    return value;
  }) as Description;
}
