/** A learner and an anonymous session are erased; then everything is searched for their name and words. */
import { startRedis, whyNoRedis, type RunningRedis } from '#media/testing/redis-server.ts';
import { PgTable } from 'drizzle-orm/pg-core';
import { Redis } from 'ioredis';
import { AccessToken } from 'livekit-server-sdk';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryAffinity } from '../affinity/memory-affinity.ts';
import { RedisAffinity } from '../affinity/redis-affinity.ts';
import { NOBODY, type SessionAffinity } from '../affinity/session-affinity.ts';
import * as schema from '../data/schema.ts';
import { emptyReport, KEYS, SCENARIO, testSignaling } from '../testing.ts';
import { SealedAffinity } from './sealed-affinity.ts';
import { testKeyRing } from './testing-key-ring.ts';
import { spoken } from './testing-rows.ts';

const NAME = 'Wrenfield';
const WORDS = 'xylophone';
const OTHER = 'Somebodyelse';
const noRedis = whyNoRedis();

interface Erased {
  id: string;
  status: string;
  erased: { where: string; count: number; code: string | null }[];
}

describe.each([
  { name: 'in memory', skipped: undefined, withRedis: false },
  { name: 'in a real Redis', skipped: noRedis, withRedis: true },
])('with checkpoints $name', ({ name, skipped, withRedis }) => {
  describe.skipIf(skipped !== undefined)(skipped ?? name, () => {
    let server: RunningRedis | undefined;
    let redis: Redis | undefined;
    let affinity: SessionAffinity;
    let signaling: Awaited<ReturnType<typeof testSignaling>>;
    let owner: { authorization: string };
    let now: Date;

    beforeAll(async () => {
      server = withRedis ? await startRedis() : undefined;
      redis = server === undefined ? undefined : new Redis(server.url);
    });
    beforeEach(async () => {
      now = new Date();
      await redis?.flushall();
      const inner = server === undefined ? new MemoryAffinity() : new RedisAffinity(server.url);
      affinity = new SealedAffinity(inner, testKeyRing());
      signaling = await testSignaling({
        ...{ affinity, now: () => now, maxSessions: 100 },
        ...(server === undefined ? {} : { redisUrl: server.url }),
      });
      const token = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'owner' });
      token.addGrant({ roomList: true });
      owner = { authorization: `Bearer ${await token.toJwt()}` };
    }, 120_000);
    afterAll(async () => {
      redis?.disconnect();
      await server?.close();
    });

    const send = async <Body>(
      method: 'GET' | 'POST' | 'DELETE',
      path: string,
      { payload, headers = owner }: { payload?: object; headers?: Record<string, string> } = {},
    ): Promise<{ status: number; body: Body; text: string }> => {
      const url = `/api/v1${path}`;
      const answer = await signaling.app.inject({
        ...{ method, url, headers },
        ...(payload === undefined ? {} : { payload }),
      });
      const isJson = String(answer.headers['content-type']).includes('json');
      return {
        ...{ status: answer.statusCode, text: answer.body },
        body: (isJson ? answer.json() : undefined) as Body,
      };
    };

    /** A call of theirs, with everything that may be kept of one. */
    async function call(name: string, learnerId?: string): Promise<{ id: string; token: string }> {
      const { body } = await send<{ sessionId: string; token: string }>('POST', '/sessions', {
        payload: { scenarioId: SCENARIO.id, learnerName: name, learnerId },
        headers: {
          ...owner,
          'idempotency-key': `key-for-${name}-${String(Math.random()).slice(2)}`,
        },
      });
      const id = body.sessionId;
      await affinity.claim(id, 0, { ...NOBODY, workerId: 'w' });
      await affinity.keep(id, 1, JSON.stringify({ turns: [{ text: `${WORDS} ${name}` }] }));
      const folder = join(signaling.folder, 'recordings', id);
      await mkdir(folder, { recursive: true });
      await writeFile(
        join(folder, 'recording.json'),
        JSON.stringify({
          ...{ version: 1, sessionId: id, startedAt: now.toISOString(), face: 'ada' },
          ...{ personaName: 'Clara', language: 'en', framesPerSecond: 25, sealed: false },
          ...{ avatarRateHz: 16_000, learnerRateHz: 48_000 },
        }),
      );
      await writeFile(join(folder, 'transcript.json'), `${WORDS} ${name}`);
      return { id, token: body.token };
    }

    async function over(id: string, name: string): Promise<void> {
      const report = {
        ...emptyReport(id),
        strengths: [WORDS],
        transcript: [spoken(`${WORDS} ${name}`)],
      };
      await signaling.sessions.receiveReport(await signaling.sessions.find(id), report);
    }

    async function speak(name: string, at: Date): Promise<void> {
      const folder = join(signaling.folder, 'speech-cache', name.slice(0, 2));
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `${name}.speech`), `Hello ${name}`);
      await utimes(join(folder, `${name}.speech`), at, at);
      await redis?.set(`understudy:speech:${name}`, `Hello ${name}`, 'EX', 1_000);
    }

    /** Everything that is kept anywhere, as it is kept. */
    async function everything(): Promise<string> {
      const parts: string[] = [];
      for (const table of Object.values(schema)) {
        if (table instanceof PgTable) {
          parts.push(JSON.stringify(await signaling.database.queries.select().from(table)));
        }
      }
      for (const file of await readdir(signaling.folder, {
        recursive: true,
        withFileTypes: true,
      })) {
        parts.push(file.name);
        if (file.isFile()) {
          parts.push(await readFile(join(file.parentPath, file.name), 'utf8'));
        }
      }
      for (const key of (await redis?.keys('*')) ?? []) {
        const kind = await redis!.type(key);
        parts.push(
          key,
          kind === 'hash'
            ? JSON.stringify(await redis!.hgetall(key))
            : ((await redis!.get(key)) ?? ''),
        );
      }
      return parts.join('\n');
    }

    const learner = async (displayName: string): Promise<string> =>
      (
        await send<{ id: string }>('POST', '/learners', {
          payload: { displayName },
          headers: { ...owner, 'idempotency-key': `key-for-learner-${displayName}` },
        })
      ).body.id;

    it('a learner is erased everywhere, and nobody else is', async () => {
      const wren = await learner(NAME);
      const other = await learner(OTHER);
      const past = await call(NAME, wren);
      await over(past.id, NAME);
      const live = await call(NAME, wren);
      const theirs = await call(OTHER, other);
      await over(theirs.id, OTHER);
      await speak(NAME, new Date());
      const before = await everything();
      expect(before).toContain(NAME);
      expect(before).toContain(wren);
      // Sealed already in the checkpoint and the rows: what is in plain is in files and in the cache of speech.
      expect(await affinity.kept(live.id)).toContain(WORDS);

      const erased = await send<Erased>('DELETE', `/learners/${wren}`);
      expect(erased.status).toBe(200);
      const counts = Object.fromEntries(
        erased.body.erased.map(({ where, count }) => [where, count]),
      );
      expect(counts).toMatchObject({
        ...{ learners: 1, sessions: 2, reports: 1, 'transcript-turns': 1, recordings: 2 },
        ...{ checkpoints: 4, 'stored-answers': 3, 'speech-cache': withRedis ? 2 : 1 },
      });
      expect(signaling.rooms.closed).toEqual(expect.arrayContaining([past.id, live.id]));
      const after = await everything();
      expect(after).not.toContain(NAME);
      expect(await affinity.kept(live.id)).toBeUndefined();
      expect(await affinity.keep(live.id, 1, 'late')).toBe(false);
      // Of the other one everything is there.
      expect(after).toContain(OTHER);
      expect((await signaling.records.reports.find(theirs.id))?.strengths).toEqual([WORDS]);
      expect(await affinity.kept(theirs.id)).toContain(WORDS);
      expect((await send('GET', `/learners/${wren}`)).status).toBe(404);
      expect((await send('GET', `/sessions/${past.id}/report`)).status).toBe(404);

      // Again is fine, and who asked stands in the audit log, by ids alone.
      const again = await send<Erased>('DELETE', `/learners/${wren}`);
      expect([again.status, again.body.id]).toEqual([200, erased.body.id]);
      const { items } = await signaling.records.audit.list({ target: wren }, { limit: 9 });
      expect(items.map(({ actor, action }) => [actor, action])).toContainEqual([
        'owner',
        'learner.erase',
      ]);
      expect((await send('DELETE', '/learners/nobody')).status).toBe(404);
    });

    it('what a late writer leaves is gone after the second look', async () => {
      const wren = await learner(NAME);
      const { id } = await call(NAME, wren);
      await send('DELETE', `/learners/${wren}`);
      const folder = join(signaling.folder, 'recordings', id);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'turns.jsonl'), WORDS);
      expect(await signaling.erasures.goOn()).toBe(0);
      now = new Date(now.getTime() + 121_000);
      expect(await signaling.erasures.goOn()).toBe(1);
      expect(await everything()).not.toContain(WORDS);
      now = new Date(now.getTime() + 3_600_000);
      expect(await signaling.erasures.goOn()).toBe(0);
    });

    it('what cannot be erased is told, and done when it can be', async () => {
      const wren = await learner(NAME);
      const { id } = await call(NAME, wren);
      signaling.rooms.down = true;
      const erased = await send<Erased>('DELETE', `/learners/${wren}`);
      expect([erased.status, erased.body.status]).toEqual([202, 'waiting']);
      const failed = erased.body.erased.filter(({ code }) => code !== null);
      expect(failed.map(({ where }) => where)).toEqual(['rooms']);
      expect(await everything()).not.toContain(NAME);
      signaling.rooms.down = false;
      signaling.rooms.closed.length = 0;
      now = new Date(now.getTime() + 31_000);
      expect(await signaling.erasures.goOn()).toBe(1);
      expect(signaling.rooms.closed).toEqual([id]);
      const again = await send<Erased>('DELETE', `/learners/${wren}`);
      expect([again.status, again.body.status]).toEqual([200, 'done']);
      const row = again.body.erased.find(({ where }) => where === 'sessions');
      expect(row?.count).toBe(1);
    });

    it('an anonymous session is erased by its own token, and by no other', async () => {
      const mine = await call(NAME);
      await over(mine.id, NAME);
      const theirs = await call(OTHER);
      const headers = { authorization: `Bearer ${theirs.token}` };
      expect((await send('DELETE', `/sessions/${mine.id}/data`, { headers })).status).toBe(403);
      expect((await send('DELETE', `/sessions/${mine.id}/data`, { headers: {} })).status).toBe(401);
      const own = { authorization: `Bearer ${mine.token}` };
      const erased = await send<Erased>('DELETE', `/sessions/${mine.id}/data`, { headers: own });
      expect(erased.status).toBe(200);
      const after = await everything();
      expect(after).not.toContain(NAME);
      expect(after).toContain(OTHER);
      const again = await send<Erased>('DELETE', `/sessions/${mine.id}/data`, { headers: own });
      expect([again.status, again.body.id]).toEqual([200, erased.body.id]);
    });

    it('speech from before their first session stays', async () => {
      const wren = await learner(NAME);
      await speak('Older', new Date(now.getTime() - 86_400_000));
      await call(NAME, wren);
      await speak(NAME, new Date(now.getTime() + 1_000));
      await send('DELETE', `/learners/${wren}`);
      const files = await readdir(join(signaling.folder, 'speech-cache'), { recursive: true });
      expect(files.filter((file) => file.endsWith('.speech'))).toEqual(['Ol/Older.speech']);
    });

    it('an export holds everything of theirs, and nothing of others', async () => {
      const wren = await learner(NAME);
      const other = await learner(OTHER);
      const past = await call(NAME, wren);
      await over(past.id, NAME);
      const theirs = await call(OTHER, other);
      const { status, body, text } = await send<{
        learner: { displayName: string };
        sessions: {
          sessionId: string;
          report: { transcript: { text: string }[] } | null;
          recording: object | null;
        }[];
        audit: { action: string }[];
      }>('POST', `/learners/${wren}/export`);
      expect(status).toBe(200);
      expect(body.learner.displayName).toBe(NAME);
      expect(body.sessions.map(({ sessionId }) => sessionId)).toEqual([past.id]);
      expect(body.sessions[0]?.report?.transcript[0]?.text).toBe(`${WORDS} ${NAME}`);
      expect(body.sessions[0]?.recording).toMatchObject({ encrypted: false });
      expect(body.audit.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['learner.create', 'session.create']),
      );
      expect(text).not.toContain(OTHER);
      expect(text).not.toContain(theirs.id);
      expect((await send('POST', '/learners/nobody/export')).status).toBe(404);
    });

    it('an export of many sessions has each once', async () => {
      const wren = await learner(NAME);
      const ids: string[] = [];
      for (let index = 0; index < 60; index += 1) {
        ids.push(
          (
            await signaling.sessions.create({
              ...{ scenarioId: SCENARIO.id, learnerName: NAME, learnerId: wren, createdBy: 'test' },
            })
          ).sessionId,
        );
        now = new Date(now.getTime() + (index % 3));
      }
      const { body } = await send<{ sessions: { sessionId: string }[] }>(
        'POST',
        `/learners/${wren}/export`,
      );
      expect(body.sessions.map(({ sessionId }) => sessionId).sort()).toEqual(ids.sort());
    });
  });
});
