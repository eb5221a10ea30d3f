/** The scripted persona: one pure function from the talk so far to the next thing to say. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import type { ConversationTurn, PersonaReply } from './conversation.ts';
import { expressionFor } from './mood.ts';
import { hashOf } from './phrasing.ts';
import { respond, type Exchange } from './respond.ts';
import { parseStageDirections } from './stage-directions.ts';
import {
  aimsReached,
  initialState,
  rememberSaid,
  sentenceKey,
  stageOf,
  type DialogueState,
} from './state.ts';

/** One thing that happened to the persona and, once it has answered, what was heard of the answer. */
interface Beat {
  exchange: Exchange;
  heard: { text: string; interrupted: boolean } | null;
}

/**
 * What the persona says next. Pure: the same scenario, seed and history give the same reply, so it may be asked
 * ahead, asked again, or asked in another process. With an empty history it opens the talk; with a history whose
 * last turn is its own it speaks into silence.
 */
export function nextReply(
  scenario: Scenario,
  seed: number,
  history: readonly ConversationTurn[],
): PersonaReply {
  const { state, pending } = fold(scenario, seed, history);
  return replyTo(scenario, seed, state, pending);
}

/** How far the talk has come, whoever (script or language model) spoke the avatar's part. */
export function progressOf(
  scenario: Scenario,
  seed: number,
  history: readonly ConversationTurn[],
): { aimsDone: string[]; stageId: string; mood: number; closed: boolean } {
  const { state, pending } = fold(scenario, seed, history);
  const { closed } = state;
  // The learner's last words count towards the aims before they are answered; a goodbye counts once it was said.
  if (pending.kind === 'said') respond(scenario, seed, state, pending);
  return {
    aimsDone: aimsReached(scenario, state),
    stageId: stageOf(scenario, state).id,
    mood: state.mood,
    closed,
  };
}

function fold(
  scenario: Scenario,
  seed: number,
  history: readonly ConversationTurn[],
): { state: DialogueState; pending: Exchange } {
  const state = initialState(scenario);
  let pending: Exchange = { kind: 'silence' };
  for (const beat of beatsOf(history)) {
    if (beat.heard === null) {
      pending = beat.exchange;
      break;
    }
    const planned = replyTo(scenario, seed, state, beat.exchange);
    rememberSaid(state, beat.heard.text);
    state.lastInterrupted = beat.heard.interrupted || isCutOff(planned.text, beat.heard.text);
  }
  return { state, pending };
}

/** The heard text is the beginning of the planned one and no more. */
function isCutOff(planned: string, heard: string): boolean {
  const whole = sentenceKey(parseStageDirections(planned).spoken);
  const part = sentenceKey(heard);
  return part.length < whole.length && whole.startsWith(part);
}

/** Pairs what happened with what the persona answered. Learner turns without an answer between them are one. */
function beatsOf(history: readonly ConversationTurn[]): Beat[] {
  const beats: Beat[] = [];
  let open: Exchange | null = null;
  for (const turn of history) {
    const text = parseStageDirections(turn.text).spoken.trim();
    if (turn.speaker === 'avatar') {
      if (text === '') continue;
      const first = beats.length === 0 && open === null;
      beats.push({
        exchange: open ?? (first ? { kind: 'opening' } : { kind: 'silence' }),
        heard: { text, interrupted: turn.interrupted ?? false },
      });
      open = null;
    } else if (turn.event === 'silence') {
      open ??= { kind: 'silence' };
    } else {
      const before: string = open?.kind === 'said' ? `${open.text} ` : '';
      open = {
        kind: 'said',
        text: before + turn.text.trim(),
        ...(turn.atMs === undefined ? {} : { atMs: turn.atMs }),
        opensTalk: beats.length === 0,
      };
    }
  }
  if (open !== null) beats.push({ exchange: open, heard: null });
  else if (beats.length === 0) beats.push({ exchange: { kind: 'opening' }, heard: null });
  return beats;
}

/** Changes `state` by the exchange and says what the persona answers. */
function replyTo(
  scenario: Scenario,
  seed: number,
  state: DialogueState,
  exchange: Exchange,
): PersonaReply {
  const { text, understood, endsCall } = respond(scenario, seed, state, exchange);
  const directed = parseStageDirections(text);
  const opening = directed.expressions.find((item) => item.atChar === 0);
  rememberSaid(state, directed.spoken);
  const { backchannels } = scenario;
  const murmur =
    backchannels[(hashOf(seed) + state.learnerTurns) % Math.max(1, backchannels.length)];
  return {
    text,
    expression: opening?.expression ?? expressionFor(scenario, state.mood),
    endsCall,
    stageId: stageOf(scenario, state).id,
    aimsDone: aimsReached(scenario, state),
    understood,
    ...(murmur === undefined ? {} : { backchannel: murmur }),
  };
}
