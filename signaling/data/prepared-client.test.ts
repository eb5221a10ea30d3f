import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PreparedClient, preparedName } from './prepared-client.ts';
import { startPostgres, whyNoPostgres, type RunningPostgres } from './testing/postgres-server.ts';

it('a statement has a name from the second time on, the same one each time', () => {
  const text = `select $1::int + ${String(Math.random())}`;
  expect(preparedName(text)).toBeUndefined();
  const name = preparedName(text)!;
  expect(name).toMatch(/^understudy_[0-9a-f]{32}$/u);
  expect(preparedName(text)).toBe(name);
  expect(preparedName(`${text} `)).toBeUndefined();
});

const skip = whyNoPostgres();

describe.skipIf(skip !== undefined)('with a real server', () => {
  let server: RunningPostgres;
  let pool: pg.Pool;
  beforeAll(async () => {
    server = await startPostgres();
    pool = new pg.Pool({
      Client: PreparedClient,
      connectionString: await server.newDatabase(),
      max: 2,
    });
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await server.close();
  });

  const prepared = async (): Promise<string[]> => {
    const found = await pool.query<{ statement: string }>(
      `select statement from pg_prepared_statements where name like 'understudy_%'`,
    );
    return found.rows.map(({ statement }) => statement);
  };

  it('is planned once, with the values of each time', async () => {
    const text = 'select $1::int * 2 as twice';
    for (const value of [1, 2, 3]) {
      const { rows } = await pool.query<{ twice: number }>({ text }, [value]);
      expect(rows).toEqual([{ twice: value * 2 }]);
    }
    expect(await prepared()).toEqual([text]);
  });

  it('without values is sent as it is, and so are several statements in one', async () => {
    await pool.query('select 1; select 2');
    await pool.query({ text: 'select 3' }, []);
    await pool.query({ text: 'select 3' }, []);
    expect(await prepared()).not.toContain('select 3');
  });

  it('that fails is told as ever, and can be asked again', async () => {
    const text = 'select 1 / $1::int as part';
    for (const value of [1, 0, 1]) {
      const asked = pool.query<{ part: number }>({ text }, [value]);
      await (value === 0
        ? expect(asked).rejects.toMatchObject({ code: '22012' })
        : expect(asked.then(({ rows }) => rows)).resolves.toEqual([{ part: 1 }]));
    }
  });
});
