import type { Silence } from './corpus.ts';
import type { JudgedSilence, Policy } from './policies.ts';

/** A silence of the corpus with what was heard in it; the sound itself is no longer needed. */
export type ReplayedSilence = Omit<Silence, 'samples'> & JudgedSilence;

export interface TradeOff {
  policy: string;
  ends: number;
  /** From the last audible sound to the decision to speak. */
  commitP50Ms: number;
  commitP95Ms: number;
  /** Cut-ins per inner pause of 300–800 ms. */
  midPhrase: { cutIns: number; pauses: number };
  boundary: { cutIns: number; pauses: number };
}

/** A learner who goes on is noticed two VAD hops later; an answer that begins before that is a cut-in. */
const NOTICE_MS = 64;
/** The labels of noisy files are uncertain by 100 ms and more; a VAD lag outside this range is the label's error. */
const PLAUSIBLE_LAG_MS = { least: 0, most: 250 } as const;

/** What `policy` would have done in `silences`. */
export function tradeOff(policy: Policy, silences: readonly ReplayedSilence[]): TradeOff {
  const commitMs = (silence: ReplayedSilence): number =>
    Math.min(PLAUSIBLE_LAG_MS.most, Math.max(PLAUSIBLE_LAG_MS.least, silence.vadLagMs)) +
    policy.commitAtMs(silence);
  const commits = silences
    .filter(({ kind }) => kind === 'end')
    .map(commitMs)
    .sort((a, b) => a - b);
  const cutIns = (kind: Silence['kind']): { cutIns: number; pauses: number } => {
    const pauses = silences.filter((silence) => silence.kind === kind);
    return {
      cutIns: pauses.filter((silence) => commitMs(silence) < silence.lengthMs + NOTICE_MS).length,
      pauses: pauses.length,
    };
  };
  return {
    policy: policy.name,
    ends: commits.length,
    commitP50Ms: percentile(commits, 0.5),
    commitP95Ms: percentile(commits, 0.95),
    midPhrase: cutIns('mid-phrase'),
    boundary: cutIns('boundary'),
  };
}

/** The value below which `share` of `sorted` lies, interpolated; NaN when there is none. */
export function percentile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return Math.round(low + (high - low) * (at % 1));
}

/** A group of silences that a table is about. */
export interface Group {
  name: string;
  has(silence: ReplayedSilence): boolean;
}

/**
 * Half of the speakers, two of the four with true ends in each half. The constants of the policy were chosen over all
 * speakers; `docs/turn-taking.md` gives the cross-check, tuned on one half and applied to the other.
 */
const FIRST_HALF = new Set('1998 2033 1624 2092 2518 403 5192 6925 7794 austen'.split(' '));

export const GROUPS: readonly Group[] = [
  { name: 'human, all', has: ({ speakerKind }) => speakerKind === 'human' },
  {
    name: 'human, first half of the speakers',
    has: ({ speakerKind, speaker }) => speakerKind === 'human' && FIRST_HALF.has(speaker),
  },
  {
    name: 'human, second half of the speakers',
    has: ({ speakerKind, speaker }) => speakerKind === 'human' && !FIRST_HALF.has(speaker),
  },
  { name: 'synthetic (our own voices)', has: ({ speakerKind }) => speakerKind === 'synthetic' },
];

/** One group's table as text. */
export function formatTable(group: string, rows: readonly TradeOff[]): string {
  const share = ({ cutIns, pauses }: { cutIns: number; pauses: number }): string =>
    pauses === 0 ? '-' : `${((100 * cutIns) / pauses).toFixed(1)} %`;
  const first = rows[0];
  const head = first
    ? `${group}: ${String(first.ends)} ends, ${String(first.midPhrase.pauses)} mid-phrase pauses, ${String(first.boundary.pauses)} boundary pauses`
    : group;
  const lines = rows.map((row) =>
    [
      row.policy.padEnd(24),
      `${String(row.commitP50Ms)} / ${String(row.commitP95Ms)} ms`.padStart(16),
      share(row.midPhrase).padStart(12),
      share(row.boundary).padStart(12),
    ].join(''),
  );
  const columns = `${''.padEnd(24)}${'commit P50/P95'.padStart(16)}${'mid-phrase'.padStart(12)}${'boundary'.padStart(12)}`;
  return [head, columns, ...lines].join('\n');
}
