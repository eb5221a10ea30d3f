/** What there is to attack: the operations of the OpenAPI file, and things that exist. */
import fc from 'fast-check';
import { describeApi } from '#signaling/describe-api.ts';
import { allowed, type JsonSchema } from '#signaling/testing-schema.ts';

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required?: boolean;
  schema: JsonSchema;
}

export interface Operation {
  id: string;
  path: string;
  method: string;
  permission: string | undefined;
  parameters: readonly Parameter[];
  bodyType: string | undefined;
  body: JsonSchema | undefined;
  /** That NGINX sends nobody there. */
  isInside: boolean;
}

export interface Api {
  operations: readonly Operation[];
  schemas: Readonly<Record<string, JsonSchema>>;
}

interface Description {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        parameters?: Parameter[];
        requestBody?: { content: Record<string, { schema: JsonSchema }> };
        'x-permission'?: unknown;
      }
    >
  >;
  components: { schemas: Record<string, JsonSchema> };
}

/** Where agents and avatar workers reach signaling, past NGINX. */
const INSIDE = /^\/api\/(?:v1\/)?(?:internal|avatar-workers)(?:\/|$)/u;

/** Reads the OpenAPI file that the routes make. */
export async function readApi(): Promise<Api> {
  const { paths, components } = (await describeApi()) as Description;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Operation => {
      const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
      return {
        id: operation.operationId,
        path,
        method: method.toUpperCase(),
        permission: permissionOf(operation['x-permission']),
        parameters: (operation.parameters ?? []).map((one) => ({
          ...one,
          // Of a query of any names the description says little.
          schema: typeof one.schema === 'object' ? one.schema : {},
        })),
        bodyType: type,
        body: media?.schema,
        isInside: INSIDE.test(path),
      };
    }),
  );
  return { operations, schemas: components.schemas };
}

const permissionOf = (told: unknown): string | undefined =>
  typeof told === 'string'
    ? told
    : typeof told === 'object' && told !== null && 'name' in told
      ? String(told.name)
      : undefined;

/** Ids of things that exist, by the word after `/api/v1/`. */
export type Things = Readonly<Record<string, readonly string[]>>;

export const thingsAt = (things: Things, path: string): readonly string[] => {
  const known = things[path.split('/')[3] ?? ''];
  return known === undefined || known.length === 0 ? ['nothing'] : known;
};

/** The address with real ids, or with what `choose` gives for a parameter. */
export function addressOf(
  operation: Operation,
  things: Things,
  choose: (name: string) => string | undefined = () => undefined,
): string {
  return operation.path.replaceAll(/\{(\w+)\}/gu, (_whole, name: string) => {
    const chosen = choose(name);
    if (chosen !== undefined) {
      return chosen;
    }
    return name === 'id'
      ? thingsAt(things, operation.path)[0]!
      : name === 'file'
        ? 'call.mp4'
        : '1';
  });
}

/** A body that the route takes, as text; undefined where it takes none. */
export function goodBody(
  { operations: _operations, schemas }: Api,
  operation: Operation,
  seed: number,
): string | undefined {
  if (operation.body === undefined) {
    return undefined;
  }
  const [value] = fc.sample(allowed(operation.body, schemas), { seed, numRuns: 1 });
  return textOf(value, operation.bodyType);
}

export const textOf = (value: unknown, type: string | undefined): string =>
  type === 'application/yaml' && typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
