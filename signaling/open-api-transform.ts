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
    const open = PERMISSIONS[permission] === 'anyone';
    const schema = {
      ...made.schema,
      security: open ? [{}, { token: [] }] : [{ token: [] }],
      'x-permission': permission,
    };
    return { ...made, schema };
  };
  return {
    transform,
    transformObject: createJsonSchemaTransformObject({ zodToJsonConfig }),
  };
}
