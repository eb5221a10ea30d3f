import { z } from 'zod';

/** How the system is, dependency by dependency. */
export const health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    dependencies: z.record(
      z.string(),
      z.object({ status: z.enum(['ok', 'degraded', 'down']), detail: z.string() }),
    ),
  })
  .meta({ id: 'Health' });
