/** Plays a whole talk between a scripted learner and the scripted persona, for tests, transcripts and trying things out. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import type { ConversationTurn, PersonaReply } from './conversation.ts';
import { hashOf } from './phrasing.ts';
import { nextReply } from './reply.ts';
import { stripStageDirections } from './stage-directions.ts';

export interface StoryBeat {
  /** Null for the persona's opening. */
  learner: string | null;
  reply: PersonaReply;
}

/** A talk that has not closed by then never will. */
const MAX_BEATS = 60;

/**
 * Plays until the persona ends the call. When the learner's lines run out they start again; an empty line is silence.
 */
export function playStory(scenario: Scenario, seed: number, lines: readonly string[]): StoryBeat[] {
  const history: ConversationTurn[] = [];
  const beats: StoryBeat[] = [];
  const speak = (learner: string | null): boolean => {
    const reply = nextReply(scenario, seed, history);
    beats.push({ learner, reply });
    history.push({ speaker: 'avatar', text: stripStageDirections(reply.text) });
    return reply.endsCall;
  };
  if (speak(null)) return beats;
  for (let beat = 0; beat < MAX_BEATS; beat += 1) {
    const line = lines[beat % lines.length] ?? '';
    history.push({
      speaker: 'learner',
      text: line,
      ...(line === '' ? { event: 'silence' as const } : {}),
    });
    if (speak(line)) break;
  }
  return beats;
}

const WRONG_WORDS = [
  'the',
  'and',
  'lender',
  'of',
  'weak',
  'in',
  'hour',
  'there',
  'for',
  'knots',
  'two',
  'wheel',
  'sun',
  'a',
  'mate',
  'off',
  'dew',
  'or',
  'lay',
  'shore',
  'mine',
  'bend',
];

/** Words as a weak recogniser returns them: about `rate` of them lost, replaced or doubled by wrong ones. Pure. */
export function garble(text: string, rate: number, seed: number): string {
  return text
    .split(' ')
    .flatMap((word, index) => {
      const roll = hashOf(seed, index, word);
      if (roll % 1000 >= rate * 1000) return [word];
      const wrong = WRONG_WORDS[hashOf(seed, index, 'wrong') % WRONG_WORDS.length]!;
      return [[], [wrong], [wrong], [word, wrong]][hashOf(seed, index, 'kind') % 4]!;
    })
    .join(' ');
}
