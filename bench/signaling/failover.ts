/**
 * Agents killed in mid-sentence: how long until another one is heard, and whether a turn was lost. Killed is the job's
 * process, with SIGKILL, while its voice sounds; heard is the first frame above the noise of silence after another agent
 * is in the room, at a subscriber on this machine.
 */
import { Call } from '../../tests/call.ts';
import { eventually } from '../../tests/eventually.ts';
import { AUDIBLE_RMS, HeadlessLearner } from '../../tests/headless-learner.ts';
import { OwnSystem } from '../../tests/own-system.ts';
import type { SectionOptions, SectionResult } from './report.ts';
import { spreadOf } from './spread.ts';

const KILLS = 12;
const QUICK_KILLS = 3;
/** So that one call does not lose so many agents within a minute that it is given up. */
const KILLS_A_CALL = 3;
const TYPED = [
  'I have worked as a nurse for six years and I like helping people.',
  'Could you tell me more about the job, the team and what a normal week looks like?',
  'In my last job I trained new colleagues, and we made the night shifts safer.',
];

interface Outcome {
  audibleMs: number[];
  inRoomMs: number[];
  turnsLost: number;
}

export async function measureFailover({ quick, say }: SectionOptions): Promise<SectionResult> {
  const kills = quick ? QUICK_KILLS : KILLS;
  const outcome: Outcome = { audibleMs: [], inRoomMs: [], turnsLost: 0 };
  const system = await OwnSystem.start();
  try {
    while (outcome.audibleMs.length < kills) {
      await oneCall(system, Math.min(KILLS_A_CALL, kills - outcome.audibleMs.length), outcome);
      say(`${String(outcome.audibleMs.length)} of ${String(kills)} agents killed`);
    }
  } finally {
    await system.stop();
  }
  const audible = spreadOf(outcome.audibleMs);
  return {
    figures: { failoverMs: { p95: audible.p95 }, turnsLost: outcome.turnsLost },
    rows: [
      {
        figure: 'agent killed → first audible word of the next',
        reach: 'P95 ≤ 3,000 ms',
        measured: `P95 ${String(audible.p95)} ms, median ${String(audible.medianMs)} ms`,
        n: String(audible.n),
      },
      {
        figure: 'turns lost with it',
        reach: '0',
        measured: String(outcome.turnsLost),
        n: String(audible.n),
      },
    ],
    detail: { audible, inRoom: spreadOf(outcome.inRoomMs), turnsLost: outcome.turnsLost },
  };
}

async function oneCall(system: OwnSystem, kills: number, outcome: Outcome): Promise<void> {
  const call = await Call.start(system.pageUrl, 'first-interview');
  const learner = await HeadlessLearner.join(call.session, { soundAlone: true });
  const finished = (): string[] =>
    learner.captions
      .filter(({ speaker, final }) => speaker === 'avatar' && final)
      .map(({ text }) => text.trim());
  try {
    await learner.untilGreeted();
    const typed: string[] = [];
    const heard = [...finished()];
    for (let kill = 0; kill < kills; kill += 1) {
      const text = TYPED[kill % TYPED.length]!;
      await system.untilWarm(system.pidOf('worker'));
      await learner.type(text);
      typed.push(text);
      await learner.untilAgentIs('speaking');
      await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
      const before = learner.agent!.identity;
      const turns = finished().length;
      const [victim] = await system.busyJobsOf(system.pidOf('worker'));
      const killedAtMs = performance.now();
      process.kill(victim!, 'SIGKILL');
      await eventually(() => learner.agent !== undefined && learner.agent.identity !== before, {
        what: 'another agent',
      });
      outcome.inRoomMs.push(performance.now() - killedAtMs);
      const [{ atMs }] = await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
      outcome.audibleMs.push(atMs - killedAtMs);
      heard.push(await learner.untilSpoken(turns));
    }
    const report = await call.endAndReport();
    const kept = report.transcript.map(({ text }) => plain(text));
    // What was said and heard to its end; a sentence that death cut off was heard in part, and may be kept so.
    outcome.turnsLost += [...typed, ...heard].filter(
      (text) => !kept.some((one) => one.includes(plain(text))),
    ).length;
  } finally {
    await learner.close();
    await call.end();
  }
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
