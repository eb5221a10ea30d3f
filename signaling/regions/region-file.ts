/**
 * The LiveKit clusters of an installation that has several, as the file named by UNDERSTUDY_REGIONS says, in YAML or JSON:
 *
 *     regions:
 *       - id: eu-north
 *         url: wss://eu.talk.example.org        # as browsers reach it
 *         internalUrl: ws://10.0.1.4:7880       # as signaling reaches it; url when absent
 *         probeUrl: https://eu.talk.example.org # what browsers measure; url over HTTP when absent
 *         keys: { file: /run/secrets/eu-keys }  # or { variable: EU_KEYS }; its text is "KEY: SECRET", as LiveKit has it
 *         location: { lat: 59.3, lon: 18.1 }    # degrees; may be absent
 *         capacity: 40                          # sessions at the same time
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { TokenKeys } from '../room-tokens.ts';

export interface Location {
  /** Degrees, north positive. */
  lat: number;
  /** Degrees, east positive. */
  lon: number;
}

export interface Region {
  id: string;
  url: string;
  internalUrl: string;
  probeUrl: string;
  keys: TokenKeys;
  location: Location | null;
  capacity: number;
}

/** The file cannot be used. The message names the field and never holds a key. */
export class RegionFileError extends Error {
  readonly code = 'REGIONS_INVALID';

  constructor(message: string) {
    super(message);
    this.name = 'RegionFileError';
  }
}

const socketUrl = z.url({ protocol: /^wss?$/u, error: 'takes ws://… or wss://…' });
const schema = z.strictObject({
  regions: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/u, 'takes a-z, 0-9 and -'),
        url: socketUrl,
        internalUrl: z.url({ protocol: /^(?:wss?|https?)$/u }).optional(),
        probeUrl: z.url({ protocol: /^https?$/u }).optional(),
        keys: z.union([
          z.strictObject({ file: z.string().min(1) }),
          z.strictObject({ variable: z.string().min(1) }),
        ]),
        location: z
          .strictObject({ lat: z.number().min(-90).max(90), lon: z.number().min(-180).max(180) })
          .optional(),
        capacity: z.number().int().min(1).max(1_000_000),
      }),
    )
    .min(1)
    .max(64),
});

/** LiveKit wants as much of a secret. */
const KEYS = /^\s*(?<apiKey>[^\s:]+)\s*:\s*(?<apiSecret>\S{32,})\s*$/u;

/** Throws RegionFileError. */
export function readRegions(path: string, environment: NodeJS.ProcessEnv = process.env): Region[] {
  return parseRegions(
    read(path, path),
    (place) =>
      'file' in place
        ? read(place.file, 'keys.file')
        : (environment[place.variable] ?? missing(`keys.variable: ${place.variable} is not set`)),
    path,
  );
}

/** `keysAt` gives the text that a region's keys are in. Throws RegionFileError. */
export function parseRegions(
  text: string,
  keysAt: (place: { file: string } | { variable: string }) => string,
  name = 'regions',
): Region[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new RegionFileError(`${name}: ${error instanceof Error ? error.message : 'no YAML'}`);
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
    );
    throw new RegionFileError(`${name}: ${problems.join('; ')}`);
  }
  const regions = parsed.data.regions.map(({ keys, ...region }): Region => {
    const found = KEYS.exec(keysAt(keys))?.groups;
    if (found?.['apiKey'] === undefined || found['apiSecret'] === undefined) {
      throw new RegionFileError(
        `${name}: ${region.id}: its keys are no "KEY: SECRET" with a secret of 32 characters`,
      );
    }
    return {
      ...region,
      internalUrl: region.internalUrl ?? region.url,
      probeUrl: region.probeUrl ?? region.url.replace(/^ws/u, 'http'),
      keys: { apiKey: found['apiKey'], apiSecret: found['apiSecret'] },
      location: region.location ?? null,
    };
  });
  for (const field of ['id', 'url'] as const) {
    if (new Set(regions.map((region) => region[field])).size < regions.length) {
      throw new RegionFileError(`${name}: two regions have the same ${field}`);
    }
  }
  // One key, one secret: tokens say by their key whose they are.
  const secrets = new Map<string, string>();
  for (const { id, keys } of regions) {
    if ((secrets.get(keys.apiKey) ?? keys.apiSecret) !== keys.apiSecret) {
      throw new RegionFileError(`${name}: ${id}: another region has this key with another secret`);
    }
    secrets.set(keys.apiKey, keys.apiSecret);
  }
  return regions;
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return missing(`${what}: ${path} cannot be read`);
  }
}

function missing(problem: string): never {
  throw new RegionFileError(problem);
}
