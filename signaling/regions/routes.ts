/** What a page may measure before it asks for a session. */
import { answers, type Api } from '../routes/documentation.ts';
import { regions as regionsSchema } from '../schemas/region.ts';
import type { Regions } from './regions.ts';

export function registerRegionRoutes(
  api: Api,
  { regions }: { regions?: Regions | undefined },
): void {
  api.get(
    '/regions',
    {
      config: { permission: 'catalogue:read' },
      schema: {
        ...{ tags: ['Sessions'], operationId: 'readRegions' },
        summary: 'Where sessions can be: measure each, and say so in `regionLatenciesMs`',
        response: answers({ 200: regionsSchema }),
      },
    },
    () => {
      const all = regions?.all ?? [];
      return {
        regions:
          all.length < 2
            ? []
            : all.map(({ id, probeUrl, location }) => ({
                ...{ id, probeUrl, location, healthy: regions?.isHealthy(id) === true },
              })),
      };
    },
  );
}
