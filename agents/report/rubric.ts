/** Scores a call against its scenario's rubric, with the learner's own words as evidence. */
import type { CriterionResult, Evidence } from '#agents/dispatch/report.ts';
import type { RubricCriterion, Scenario } from '#agents/dispatch/scenario.ts';
import type { CueHit } from '#agents/persona/cues.ts';
import { understand, type Understanding } from '#agents/persona/understanding.ts';

/** A learner turn with its place in the transcript. */
export interface LearnerTurn {
  turnIndex: number;
  startMs: number;
  text: string;
}

/** More quotes than this per side are not read. */
const MAX_QUOTES_PER_SIDE = 3;
/** A sign that comes again counts less than one of a new kind. */
const REPEATED_SIGN_WORTH = 0.5;
const AGAINST_WORTH = 0.5;
/** Words around a hit in text without punctuation. */
const QUOTE_MARGIN_WORDS = 5;
const MAX_QUOTE_WORDS = 24;

interface Sign extends Evidence {
  cue: string;
  /** How sure and how telling, to choose among quotes. */
  weight: number;
}

export function scoreCriterion(
  scenario: Scenario,
  criterion: RubricCriterion,
  turns: readonly LearnerTurn[],
): Omit<CriterionResult, 'advice'> {
  const signs = turns.flatMap((turn, place) => signsIn(scenario, criterion, turn, place));
  const speaksFor = signs.filter((sign) => sign.polarity === 'for');
  const against = signs.filter((sign) => sign.polarity === 'against');
  const points = worthOf(speaksFor) - worthOf(against) * AGAINST_WORTH;
  const share = Math.max(0, Math.min(1, points / criterion.enough));
  const level = Math.max(speaksFor.length > 0 ? 1 : 0, Math.round(share * 4));
  return {
    id: criterion.id,
    title: criterion.title,
    level,
    weight: criterion.weight,
    evidence: [...bestOf(speaksFor), ...bestOf(against)]
      .sort((a, b) => a.turnIndex - b.turnIndex)
      .map(({ turnIndex, atMs, quote, note, polarity }) => ({
        turnIndex,
        atMs,
        quote,
        note,
        polarity,
      })),
  };
}

function worthOf(signs: readonly Sign[]): number {
  const kinds = new Set(signs.map((sign) => sign.cue)).size;
  return kinds + (signs.length - kinds) * REPEATED_SIGN_WORTH;
}

/** One quote per kind of sign first, then the rest, never one place twice. */
function bestOf(signs: readonly Sign[]): Sign[] {
  const chosen: Sign[] = [];
  const byWeight = [...signs].sort((a, b) => b.weight - a.weight);
  for (const freshOnly of [true, false]) {
    for (const sign of byWeight) {
      if (chosen.length >= MAX_QUOTES_PER_SIDE) return chosen;
      const known = chosen.some((other) => other.cue === sign.cue);
      const samePlace = chosen.some(
        (other) => other.turnIndex === sign.turnIndex && other.quote === sign.quote,
      );
      if (!samePlace && !(freshOnly && known)) chosen.push(sign);
    }
  }
  return chosen;
}

function signsIn(
  scenario: Scenario,
  criterion: RubricCriterion,
  turn: LearnerTurn,
  place: number,
): Sign[] {
  const heard = understand(scenario, turn.text);
  const late = criterion.withinTurns !== undefined && place >= criterion.withinTurns;
  const signs: Sign[] = [];
  for (const polarity of ['for', 'against'] as const) {
    if (late && polarity === 'for') continue;
    for (const [cue, note] of Object.entries(criterion[polarity])) {
      const hit = heard.hits.get(cue);
      if (!hit) continue;
      const quote = quoteAround(turn.text, heard, hit);
      if (quote === '') continue;
      const weight = hit.certainty + Math.min(quote.length, 120) / 1_000;
      signs.push({
        turnIndex: turn.turnIndex,
        atMs: turn.startMs,
        quote,
        note,
        polarity,
        cue,
        weight,
      });
    }
  }
  return signs;
}

/** The sentence that holds the hit; in text without punctuation, the words around it. Always a substring of `text`. */
export function quoteAround(
  text: string,
  heard: Pick<Understanding, 'words'>,
  hit: Pick<CueHit, 'start' | 'end'>,
): string {
  const { words } = heard;
  const first = words.findIndex((word) => word.end > hit.start);
  if (first < 0) return text.slice(hit.start, hit.end).trim();
  let last = first;
  while (last + 1 < words.length && words[last + 1]!.start < hit.end) last += 1;
  const breaks = (left: number): boolean =>
    /[.?!]/.test(text.slice(words[left]!.end, words[left + 1]!.start));
  let from = first;
  while (from > 0 && !breaks(from - 1)) from -= 1;
  let to = last;
  while (to + 1 < words.length && !breaks(to)) to += 1;
  if (to - from + 1 > MAX_QUOTE_WORDS) {
    from = Math.max(from, first - QUOTE_MARGIN_WORDS);
    to = Math.min(to, last + QUOTE_MARGIN_WORDS);
  }
  const tail = /^[.?!]/.exec(text.slice(words[to]!.end))?.[0] ?? '';
  return text.slice(words[from]!.start, words[to]!.end + tail.length);
}
