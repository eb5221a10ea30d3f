/** The figures as JSON and as a table. */
import type { MachineNote } from '../machine-note.ts';
import type { RenderTimes } from '#media/face/measure.ts';
import type { Rate, Spread } from './figures.ts';
import { rounded } from './figures.ts';
import type { SessionsResult } from './sessions.ts';
import type { TurnSummary } from './talk-results.ts';
import type { TurnOutcome } from './turn-outcome.ts';

export interface SkewFigure {
  /** Signed: positive when the picture leads its sound by more than designed. */
  p50: number | null;
  /** Of the absolute skew: 95 % of closures lie within. */
  p95: number | null;
  n: number;
  signedP5: number | null;
  signedP95: number | null;
  /** Closures that were heard; the rest moved too little, or were not seen well enough, to be timed. */
  closuresHeard: number;
  minutes: number;
}

export interface TurnFigures {
  reactionMs: Spread;
  firstSoundMs: Spread;
  firstWordMs: Spread;
  /** Medians. */
  peerFirstSoundMs: number | null;
  peerDefaultMs: number | null;
  /** Per inner pause of 300-800 ms, human voices, mid-phrase. */
  cutInRate: number | null;
  peerDefaultCutInRate: number | null;
  bargeInStopMs: number | null;
  avSkewMs: SkewFigure;
  videoFps: number | null;
  framesOnTime: number | null;
  connectMs: number | null;
  renderMsPerFrame: number | null;
  sessions: number | null;
  detail: {
    human: TurnSummary;
    synthetic: TurnSummary;
    peerDefault: TurnSummary;
    peerMatched: TurnSummary & { fixedWaitMs: number };
    connectMs: Spread;
    /** Every turn of ours, for looking closer. */
    turns: { human: readonly TurnOutcome[]; synthetic: readonly TurnOutcome[] };
    /** Answers of ours that were heard, and those timed by their words rather than by the first sound. */
    answers: { heard: number; located: number };
    pictures: { spokenS: number; intervals: number };
    render: ({ face: string } & RenderTimes)[];
    sessions: SessionsResult | null;
    /** Measurements that could not be made. */
    failures: string[];
    machine: MachineNote;
  };
}

interface Row {
  figure: string;
  reach: string;
  measured: string;
  n: string;
}

export function turnTable(figures: TurnFigures): string {
  const { detail } = figures;
  const rows: Row[] = [
    row('reaction', '≤ 300', ms(figures.reactionMs), figures.reactionMs),
    rate('  within 300 ms', '', detail.human.reactedInTime),
    rate('  a movement by chance', '', detail.human.movedByChance),
    row('first sound', '≤ 500', ms(figures.firstSoundMs), figures.firstSoundMs),
    row('first word', '≤ 800 (P95 ≤ 1600)', ms(figures.firstWordMs), figures.firstWordMs),
    rate('cut-ins, human, mid-phrase', '≤ 5 %', detail.human.midPhraseCutIns),
    rate('cut-ins, human, boundary', 'report', detail.human.boundaryCutIns),
    ...voiceRows('synthetic', detail.synthetic),
    ...voiceRows('peer default', detail.peerDefault),
    ...voiceRows(`peer ${String(detail.peerMatched.fixedWaitMs)} ms`, detail.peerMatched),
    plain('  ours sooner, first sound', '≥ 1.7×', sooner(detail.peerMatched, figures)),
    row('barge-in stop', '≤ 450', ms(detail.human.bargeInStopMs), detail.human.bargeInStopMs),
    plain(
      'A/V skew, P50 and P95 of |skew|',
      'P95 ≤ 40',
      `${show(figures.avSkewMs.p50)} / ${show(figures.avSkewMs.p95)} ms`,
      `${String(figures.avSkewMs.n)} closures, ${String(figures.avSkewMs.minutes)} min`,
    ),
    plain('video', '25 fps', show(figures.videoFps), `${String(detail.pictures.spokenS)} s`),
    plain(
      'frames on time',
      '≥ 99 %',
      percent(figures.framesOnTime),
      String(detail.pictures.intervals),
    ),
    row('connect', '≤ 1500', ms(detail.connectMs), detail.connectMs),
    plain('render, one frame, one core', '≤ 2 ms', `${show(figures.renderMsPerFrame)} ms`),
    plain('sessions at once', '≥ 4', show(figures.sessions), sessionsNote(detail.sessions)),
  ];
  const wide = (of: (row: Row) => string): number =>
    Math.max(...rows.map((each) => of(each).length));
  const [a, b, c] = [wide((r) => r.figure), wide((r) => r.reach), wide((r) => r.measured)];
  const lines = rows.map(({ figure, reach, measured, n }) =>
    `${figure.padEnd(a)}  ${reach.padEnd(b)}  ${measured.padEnd(c)}  ${n}`.trimEnd(),
  );
  const { machine } = detail;
  return [
    `${'figure'.padEnd(a)}  ${'reach'.padEnd(b)}  ${'P50 / P95'.padEnd(c)}  n`,
    ...lines,
    ...detail.failures.map((failure) => `Not measured: ${failure}`),
    `${String(machine.cores)} cores (${machine.model}), Node ${machine.node}, load ${String(machine.loadBefore)} before, ` +
      `${String(machine.loadAfter)} after, ${String(machine.minutes)} min`,
  ].join('\n');
}

function voiceRows(name: string, turns: TurnSummary): Row[] {
  return [
    row(`${name}: first sound`, '', ms(turns.firstSoundMs), turns.firstSoundMs),
    row(`${name}: first word`, '', ms(turns.firstWordMs), turns.firstWordMs),
    rate(`${name}: cut-ins, mid-phrase`, '', turns.midPhraseCutIns),
    ...(turns.boundaryCutIns.n === 0
      ? []
      : [rate(`${name}: cut-ins, boundary`, '', turns.boundaryCutIns)]),
  ];
}

function sooner(peer: TurnSummary, figures: TurnFigures): string {
  const [theirs, ours] = [peer.firstSoundMs.p50, figures.firstSoundMs.p50];
  return theirs === null || ours === null ? '–' : `${(theirs / ours).toFixed(2)}×`;
}

function sessionsNote(sessions: SessionsResult | null): string {
  return (sessions?.steps ?? [])
    .map(({ rooms, failed }) => `${String(rooms)}: ${failed.join(', ') || 'held'}`)
    .join('; ');
}

function row(figure: string, reach: string, measured: string, { n }: Spread): Row {
  return { figure, reach, measured, n: String(n) };
}

function plain(figure: string, reach: string, measured: string, n = ''): Row {
  return { figure, reach, measured, n };
}

function rate(figure: string, reach: string, { rate: share, count, n }: Rate): Row {
  return { figure, reach, measured: percent(share), n: `${String(count)} of ${String(n)}` };
}

function ms({ p50, p95 }: Spread): string {
  return `${show(p50)} / ${show(p95)} ms`;
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

function show(value: number | null): string {
  return value === null ? '–' : String(rounded(value, 2));
}
