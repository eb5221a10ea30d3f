import { expect, it } from 'vitest';
import type { Problem } from '../api-types.ts';
import { SCENARIO, testSignaling } from '../testing.ts';
import { openDatabase } from './database.ts';
import { startPostgres, whyNoPostgres } from './testing/postgres-server.ts';

const skipped = whyNoPostgres();

it.skipIf(skipped !== undefined)(
  `while PostgreSQL is gone, routes say so and when to try again ${skipped ?? ''}`,
  async () => {
    const server = await startPostgres();
    const troubles: unknown[] = [];
    const database = await openDatabase({
      ...{ url: await server.newDatabase(), folder: '' },
      onTrouble: (error) => troubles.push(error),
    });
    const { app, rooms } = await testSignaling({ database });
    const payload = { scenarioId: SCENARIO.id };
    const create = () => app.inject({ method: 'POST', url: '/api/v1/sessions', payload });
    expect((await create()).statusCode).toBe(201);
    await server.close();
    for (let again = 0; again < 3; again += 1) {
      const refused = await create();
      expect([refused.statusCode, refused.json<Problem>().code]).toEqual([
        503,
        'DATABASE_UNREACHABLE',
      ]);
      expect(refused.headers['retry-after']).toBe('5');
    }
    // Nobody was let into a room that nobody remembers.
    expect(rooms.opened).toHaveLength(1);
    await expect(database.ping()).rejects.toThrow();
    await database.close();
  },
);
