/**
 * Workers that end under their calls: told to, they finish them or hand them over; killed, others take them over. How long
 * that takes is printed; the bench of signaling measures it.
 */
import type { Report } from '#agents/dispatch/report.ts';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { AUDIBLE_RMS, HeadlessLearner } from './headless-learner.ts';
import { OwnSystem, type OtherWorker } from './own-system.ts';

/** What an agent says that took a call over. */
const BACK = /I lost you for a moment/u;
const FIRST = 'I have worked as a nurse for six years and I like helping people.';
const SECOND = 'In my last job I trained new colleagues, and we made the night shifts safer.';
const THIRD = 'Thank you, that is good to know.';
const PATIENCE_MS = 400_000;

let system: OwnSystem;
let other: OtherWorker;
const calls: Call[] = [];
const learners: HeadlessLearner[] = [];

beforeAll(async () => {
  system = await OwnSystem.start({ UNDERSTUDY_DRAIN_MS: '600000' });
  await system.untilWarm(system.pidOf('worker'));
  other = await system.startWorker();
});

afterAll(async () => {
  await system.stop();
});

afterEach(async () => {
  await Promise.all(learners.splice(0).map((learner) => learner.close()));
  await Promise.all(calls.splice(0).map((call) => call.end()));
});

async function begin(): Promise<{ call: Call; learner: HeadlessLearner }> {
  const call = await Call.start(system.pageUrl, 'first-interview');
  const learner = await HeadlessLearner.join(call.session);
  calls.push(call);
  learners.push(learner);
  await learner.untilGreeted();
  return { call, learner };
}

const spoken = (learner: HeadlessLearner): number =>
  learner.captions.filter(({ speaker, final }) => speaker === 'avatar' && final).length;

async function say(learner: HeadlessLearner, text: string): Promise<string> {
  const before = spoken(learner);
  await learner.type(text);
  return learner.untilSpoken(before);
}

/** Has the avatar speak, lets `strike` happen in mid-sentence, and resolves with when another agent was heard. */
async function inMidSentence(
  learner: HeadlessLearner,
  text: string,
  strike: () => void,
): Promise<number> {
  const before = learner.agent!.identity;
  await learner.type(text);
  await learner.untilAgentIs('speaking');
  await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
  const turns = spoken(learner);
  const struckAtMs = performance.now();
  strike();
  await eventually(() => learner.agent !== undefined && learner.agent.identity !== before, {
    what: 'another agent',
    withinMs: 120_000,
  });
  const [{ atMs }] = await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
  expect(await learner.untilSpoken(turns)).toMatch(BACK);
  return atMs - struckAtMs;
}

const linesOf = (report: Report): string[] =>
  report.transcript.map(({ speaker, text }) => `${speaker}: ${text}`);

it(
  'told to end, it takes no new call, finishes its own, and hands over what is left when told again',
  async () => {
    const { WORKER_PORT } = system.running.environment;
    const { call, learner } = await begin();
    // Whichever has the call is told to end, and the other one has those that come.
    const hasIt = (await system.callsOf(WORKER_PORT)) === 1;
    const worker = hasIt ? system.pidOf('worker') : other.pid;
    const standing = hasIt ? other : { pid: system.pidOf('worker'), port: WORKER_PORT };
    process.kill(worker, 'SIGTERM');

    await system.untilWarm(standing.pid);
    const later = await begin();
    expect(await system.callsOf(standing.port)).toBe(1);
    expect(await system.callsOf(hasIt ? WORKER_PORT : other.port)).toBe(1);

    const agent = learner.agent!.identity;
    await say(learner, FIRST);
    expect(learner.agent!.identity).toBe(agent);
    await later.call.end();
    await system.untilWarm(standing.pid);

    const audibleAfterMs = await inMidSentence(learner, SECOND, () => {
      process.kill(worker, 'SIGTERM');
    });
    console.log(`handed over: audible after ${audibleAfterMs.toFixed(0)} ms`);
    // The later call's job may still be ending there.
    await eventually(async () => (await system.callsOf(standing.port)) === 1, {
      what: 'the one call at the worker that stands',
    });
    await say(learner, THIRD);
    const report = await call.endAndReport();
    for (const text of [FIRST, SECOND, THIRD]) {
      expect(linesOf(report)).toContain(`learner: ${text}`);
    }
    expect(report.transcript.filter(({ text }) => BACK.test(text))).toHaveLength(1);
    // It has ended; the launcher starts its own one again.
    if (hasIt) {
      await system.untilBack('worker', worker);
    } else {
      await other.ended;
      other = await system.startWorker();
    }
  },
  PATIENCE_MS,
);

it(
  'killed with all its jobs, another worker has the call; and without one, it itself when it is started again',
  async () => {
    const { WORKER_PORT } = system.running.environment;
    const { call, learner } = await begin();
    const isOther = (await system.callsOf(WORKER_PORT)) === 0;
    const first = isOther ? other.pid : system.pidOf('worker');
    await system.untilWarm(isOther ? system.pidOf('worker') : other.pid);
    const audibleAfterMs = await inMidSentence(learner, FIRST, () => {
      process.kill(-first, 'SIGKILL');
    });
    console.log(`worker killed, another stands by: audible after ${audibleAfterMs.toFixed(0)} ms`);

    // Nobody stands by: both are killed, and the launcher starts its own one again.
    await system.untilWarm(system.pidOf('worker'));
    const aloneAfterMs = await inMidSentence(learner, SECOND, () => {
      if (!isOther) {
        other.signal('SIGKILL');
      }
      system.kill('worker');
    });
    console.log(`worker killed, nobody stands by: audible after ${aloneAfterMs.toFixed(0)} ms`);
    await say(learner, THIRD);
    const report = await call.endAndReport();
    for (const text of [FIRST, SECOND, THIRD]) {
      expect(linesOf(report)).toContain(`learner: ${text}`);
    }
    expect(report.transcript.filter(({ text }) => BACK.test(text))).toHaveLength(2);
  },
  PATIENCE_MS,
);
