/** `docker-compose.gpu.yml` with its variables filled in, as far as tests need it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

export const COMPOSE_FILE = fileURLToPath(new URL('../../docker-compose.gpu.yml', import.meta.url));

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  profiles: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  user: z.string().optional(),
  read_only: z.boolean().optional(),
  restart: z.string().optional(),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).default([]),
  network_mode: z.string().optional(),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.union([z.array(z.string()), z.string()]) }).optional(),
  depends_on: z
    .record(z.string(), z.object({ condition: z.string(), required: z.boolean().default(true) }))
    .default({}),
  stop_grace_period: z.string().optional(),
  deploy: z.object({
    resources: z.object({
      limits: z.object({ cpus: z.string(), memory: z.string(), pids: z.number() }),
      reservations: z
        .object({ devices: z.array(z.object({ capabilities: z.array(z.string()) })) })
        .optional(),
    }),
  }),
});
const fileSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
  networks: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});

export type ComposeService = z.infer<typeof serviceSchema>;
export type ComposeFile = z.infer<typeof fileSchema>;

export function readComposeFile(variables: Readonly<Record<string, string>>): ComposeFile {
  const raw = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true }) as unknown;
  return fileSchema.parse(interpolated(raw, variables));
}

function interpolated(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return fillIn(value, variables).replaceAll('$$', '$');
  }
  if (Array.isArray(value)) {
    return value.map((item) => interpolated(item, variables));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, interpolated(item, variables)]),
    );
  }
  return value;
}

/** `${NAME}`, `${NAME:-otherwise}` and `${NAME:?complaint}`, innermost first; `$${` is none of them. */
function fillIn(text: string, variables: Readonly<Record<string, string>>): string {
  const filled = text.replaceAll(
    /(?<!\$)\$\{(\w+)(?::([-?])([^${}]*))?\}/g,
    (_whole, name: string, kind: string | undefined, rest: string | undefined) => {
      const value = variables[name] ?? '';
      if (value === '' && kind === '?') {
        throw new Error(`${name}: ${rest ?? ''}`);
      }
      return value === '' && kind === '-' ? (rest ?? '') : value;
    },
  );
  return filled === text ? text : fillIn(filled, variables);
}
