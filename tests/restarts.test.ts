/** What a call takes while the processes around it are killed and come back: it goes on, and no word of it is lost. */
import { startRedis, whyNoRedis, type RunningRedis } from '#media/testing/redis-server.ts';
import { RoomEvent } from '@livekit/rtc-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { AUDIBLE_RMS, HeadlessLearner } from './headless-learner.ts';
import { OwnSystem } from './own-system.ts';

const BACK = /I lost you for a moment/u;
const FIRST = 'I have worked as a nurse for six years and I like helping people.';
const SECOND = 'In my last job I trained new colleagues, and we made the night shifts safer.';

let system: OwnSystem;
let redis: RunningRedis | undefined;
let call: Call;
let learner: HeadlessLearner;

beforeAll(async () => {
  redis = whyNoRedis() === undefined ? await startRedis() : undefined;
  system = await OwnSystem.start(redis === undefined ? {} : { REDIS_URL: redis.url });
});

afterAll(async () => {
  await system.stop();
  await redis?.close();
});

afterEach(async () => {
  await learner.close();
  await call.end();
});

/** A call that has been greeted and answered once. */
async function begin(): Promise<void> {
  call = await Call.start(system.pageUrl, 'first-interview');
  learner = await HeadlessLearner.join(call.session);
  await learner.untilGreeted();
  await learner.type(FIRST);
  await learner.untilSpoken(1);
}

/** Says more, and reads in the report that nothing was lost, and that no other agent came. */
async function goesOnAsBefore(agent: string): Promise<void> {
  const said = learner.captions.filter(
    ({ speaker, final }) => speaker === 'avatar' && final,
  ).length;
  await learner.type(SECOND);
  await learner.untilSpoken(said);
  expect(learner.agent?.identity).toBe(agent);
  const report = await call.endAndReport();
  const words = report.transcript.map(({ speaker, text }) => `${speaker}: ${text}`);
  expect(words).toContain(`learner: ${FIRST}`);
  expect(words).toContain(`learner: ${SECOND}`);
  expect(report.transcript.filter(({ text }) => BACK.test(text))).toEqual([]);
  expect(report.transcript.filter(({ speaker }) => speaker === 'avatar')).toHaveLength(3);
}

describe('signaling is killed under a call', () => {
  it('which goes on untouched, and its report waits until signaling is back', async () => {
    await begin();
    const agent = learner.agent!.identity;
    const before = system.pidOf('signaling');
    await learner.type(SECOND);
    await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
    system.kill('signaling');
    await learner.untilSpoken(2);
    await system.untilBack('signaling', before);
    expect(learner.agent?.identity).toBe(agent);
    await goesOnAs(agent);
  });

  async function goesOnAs(agent: string): Promise<void> {
    await learner.type('Thank you, that is good to know.');
    await learner.untilSpoken(3);
    expect(learner.agent?.identity).toBe(agent);
    const report = await call.endAndReport();
    expect(report.transcript.filter(({ text }) => BACK.test(text))).toEqual([]);
    expect(report.transcript.filter(({ speaker }) => speaker === 'learner')).toHaveLength(3);
  }
});

describe('LiveKit is killed under a call', () => {
  it('its room is made again, and the same agent goes on where it was', async () => {
    await begin();
    const agent = learner.agent!.identity;
    const before = system.pidOf('livekit');
    const events: string[] = [];
    learner.room.on(RoomEvent.Reconnecting, () => events.push('reconnecting'));
    learner.room.on(RoomEvent.Reconnected, () => events.push('reconnected'));
    const killedAtMs = system.kill('livekit');
    await system.untilBack('livekit', before);
    const upAfterMs = performance.now() - killedAtMs;
    await eventually(() => events.includes('reconnected') && learner.agent !== undefined, {
      what: 'everybody in the room again',
    });
    const [{ atMs }] = await learner.until('picture', () => true);
    console.log(
      `LiveKit was up after ${upAfterMs.toFixed(0)} ms, the avatar moved after ${(atMs - killedAtMs).toFixed(0)} ms`,
    );
    await goesOnAsBefore(agent);
  });
});

describe.skipIf(whyNoRedis() !== undefined)('Redis is restarted under a call', () => {
  it('empty: the call goes on, and whoever has it enters itself again', async () => {
    await begin();
    const agent = learner.agent!.identity;
    const { port } = redis!;
    await redis!.close();
    await learner.type('Could you tell me more about the team?');
    await learner.untilSpoken(2);
    redis = await startRedis(port);
    expect(learner.agent?.identity).toBe(agent);
    // An agent that dies now is replaced, and knows what was said.
    const [victim] = await eventually(async () => {
      const busy = await system.busyJobsOf(system.pidOf('worker'));
      return busy.length === 1 && busy;
    });
    await keptAgain();
    process.kill(victim!, 'SIGKILL');
    await eventually(() => learner.captioned('avatar').match(BACK) !== null, { what: 'a return' });
    const report = await call.endAndReport();
    expect(report.transcript.map(({ text }) => text)).toContain(FIRST);
  });

  /** Resolves when the emptied store has the checkpoint of the call. */
  async function keptAgain(): Promise<void> {
    const { Redis } = await import('ioredis');
    const client = new Redis(redis!.url);
    try {
      await eventually(
        async () => (await client.exists(`session:{${call.session.sessionId}}:checkpoint`)) === 1,
      );
    } finally {
      client.disconnect();
    }
  }
});
