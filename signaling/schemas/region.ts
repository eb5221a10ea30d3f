/** Regions: where a session may be, and where it is. */
import { z } from 'zod';
import { PLACE_REASONS } from '../regions/placement.ts';

const REGIONS_AT_MOST = 64;
const LONGEST_LATENCY_MS = 60_000;

export const regionLatencies = z
  .record(z.string().min(1).max(64), z.number().min(0).max(LONGEST_LATENCY_MS))
  .refine((given) => Object.keys(given).length <= REGIONS_AT_MOST, 'are at most 64')
  .describe('Milliseconds there and back by region, as `GET /regions` lets the page measure them');

export const placedRegion = z
  .object({
    id: z.string(),
    reason: z
      .enum(PLACE_REASONS)
      .describe(
        '`only`: there is one; `nearest`; `least-loaded`: nothing was measured; `nearer-unhealthy`, `nearer-full`, `nearer-busy`: why it is not the nearest',
      ),
  })
  .meta({ id: 'PlacedRegion' });

export const regions = z
  .object({
    regions: z
      .array(
        z.object({
          id: z.string(),
          probeUrl: z.string().describe('Answers a `GET` soon; what it answers says nothing'),
          location: z
            .object({ lat: z.number(), lon: z.number() })
            .nullable()
            .describe('Degrees, north and east positive'),
          healthy: z.boolean(),
        }),
      )
      .describe('Empty where there is nothing to choose'),
  })
  .meta({ id: 'Regions' });
