/** The agent's process dies in mid-sentence: another one comes, says so, and goes on; nothing that was said is lost. */
import type { Report } from '#agents/dispatch/report.ts';
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { AUDIBLE_RMS, HeadlessLearner } from './headless-learner.ts';

const KILLS = 3;
const PATIENCE_MS = 240_000;
/** What every agent of this scene says when it is back. */
const BACK = /I lost you for a moment/u;

let call: Call;
let learner: HeadlessLearner;

afterEach(async () => {
  await learner.close();
  await call.end();
});

/** The job processes of the worker, idle ones among them. */
async function jobs(): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/u.test(entry)) {
      const read = (file: string): Promise<string> =>
        readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => '');
      const parent = /^PPid:\t(\d+)$/mu.exec(await read('status'))?.[1];
      if (
        parent === String(inject('workerPid')) &&
        (await read('cmdline')).includes('job_proc_lazy_main')
      ) {
        found.push(Number(entry));
      }
    }
  }
  return found;
}

/** Processor time of a process so far, in hundredths of a second. */
async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** The job that has a face to draw has worked more than one that waits. */
async function busiestJob(): Promise<number> {
  const pids = await jobs();
  const before = await Promise.all(pids.map(ticksOf));
  // Counted over sound that is heard, so that the speaking one is working.
  let frames = 0;
  await learner.until('sound', () => (frames += 1) >= 60);
  const worked = await Promise.all(pids.map(async (pid, at) => (await ticksOf(pid)) - before[at]!));
  return pids[worked.indexOf(Math.max(...worked))]!;
}

/** Resolves when one of the job processes has started, loaded, and come to rest: a warm one. */
async function untilOneIsWarm(): Promise<void> {
  const seen = new Map<number, { ticks: number; restedFor: number }>();
  await eventually(
    async () => {
      for (const pid of await jobs()) {
        const ticks = await ticksOf(pid);
        const last = seen.get(pid);
        const rests = last !== undefined && ticks > LOADED_TICKS && ticks - last.ticks <= 1;
        seen.set(pid, { ticks, restedFor: rests ? last.restedFor + 1 : 0 });
      }
      return [...seen.values()].some(({ restedFor }) => restedFor >= RESTS);
    },
    { what: 'a warm job' },
  );
}
/** What loading takes at least; and for how many looks in a row nothing happens then. */
const LOADED_TICKS = 150;
const RESTS = 15;

const wordsOf = (report: Report): string =>
  report.transcript.map(({ speaker, text }) => `${speaker}: ${text}`).join('\n');

it(
  'another agent goes on with the talk, and the transcript is whole',
  async () => {
    call = await Call.start(inject('pageUrl'), 'first-interview');
    learner = await HeadlessLearner.join(call.session);
    await learner.untilGreeted();
    const greeting = learner.captions.find(({ speaker }) => speaker === 'avatar')!.text.trim();
    const typed = [
      'I have worked as a nurse for six years and I like helping people.',
      'Could you tell me more about the job, the team and what a normal week looks like?',
      'In my last job I trained new colleagues, and we made the night shifts safer.',
    ];
    const audibleAfterMs: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await untilOneIsWarm();
      await learner.type(typed[kill]!);
      await learner.untilAgentIs('speaking');
      await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
      const before = learner.agent!.identity;
      const victim = await busiestJob();
      // The caption that breaks off is never final.
      const turns = learner.captions.filter(
        ({ speaker, final }) => speaker === 'avatar' && final,
      ).length;
      const killedAtMs = performance.now();
      process.kill(victim, 'SIGKILL');
      await eventually(
        () =>
          [...learner.room.remoteParticipants.values()].some(
            ({ identity }) => identity !== before,
          ) && !learner.room.remoteParticipants.has(before),
        { what: 'another agent' },
      );
      const cameAfterMs = performance.now() - killedAtMs;
      const [{ atMs }] = await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
      audibleAfterMs.push(Math.round(atMs - killedAtMs));
      console.log(
        `kill ${String(kill + 1)}: in the room after ${cameAfterMs.toFixed(0)} ms, audible after ${String(audibleAfterMs.at(-1))} ms`,
      );
      const said = await learner.untilSpoken(turns);
      expect(said).toMatch(BACK);
    }
    await learner.type('Thank you, that is good to know.');
    const report = await call.endAndReport();
    const words = wordsOf(report);
    expect(report.transcript[0]).toMatchObject({ speaker: 'avatar', text: greeting });
    for (const text of typed) {
      expect(words).toContain(`learner: ${text}`);
    }
    expect(report.transcript.filter(({ text }) => BACK.test(text))).toHaveLength(KILLS);
    // What was being said each time it died: heard in part, and kept as that.
    expect(
      report.transcript.filter(({ interrupted }) => interrupted).length,
    ).toBeGreaterThanOrEqual(KILLS);
    const starts = report.transcript.map(({ startMs }) => startMs);
    expect(starts).toEqual(starts.toSorted((one, other) => one - other));
    console.log(words);
  },
  PATIENCE_MS,
);
