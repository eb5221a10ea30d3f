/** The turn watcher as the listener's judge, and what the avatar shows and murmurs while it listens. */
import { TurnWatcher, type TurnEvent } from '#agents/turn/turn-watcher.ts';
import type { TurnModel } from '#agents/turn/smart-turn/smart-turn-model.ts';
import type { Clock } from '#media/clock.ts';
import type { TurnJudge } from './listener.ts';

/** What shows in the face when a silence is noticed; taken in turn, so that it does not look like a tic. */
const REACTIONS = ['nod', 'breath', 'brow'] as const;
export type ListeningReaction = (typeof REACTIONS)[number];

export interface JudgeOptions {
  clock: Clock;
  model: TurnModel | undefined;
  hearing: 'basic' | 'full';
  /** Words that the scenario allows as murmurs; none leaves breaths. */
  murmurs: readonly string[];
  /** Whether the learner has the floor and is silent. */
  inPause: () => boolean;
  onReact: (reaction: ListeningReaction) => void;
  /** A murmur of the scenario, or `breath`. */
  onMurmur: (murmur: string) => void;
  /** An answer may be due soon. */
  onPrepare: () => void;
  onTurnOver: () => void;
}

export interface WatchingJudge extends TurnJudge {
  /** The avatar has said this; a yes/no question makes short answers whole. */
  avatarSaid(text: string): void;
}

export function judgeTurns(options: JudgeOptions): WatchingJudge {
  let reactions = 0;
  let murmurs = 0;
  const onEvent = (event: TurnEvent): void => {
    if (event.kind === 'turn-over') {
      options.onTurnOver();
    } else if (event.kind === 'prepare') {
      options.onPrepare();
    } else if (event.kind === 'react' && options.inPause()) {
      options.onReact(REACTIONS[reactions++ % REACTIONS.length]!);
    } else if (event.kind === 'backchannel' && options.inPause()) {
      const word = options.murmurs[murmurs % options.murmurs.length];
      murmurs += event.sound === 'word' ? 1 : 0;
      options.onMurmur(event.sound === 'word' && word !== undefined ? word : 'breath');
    }
  };
  const watcher = new TurnWatcher({
    clock: options.clock,
    model: options.model,
    hearing: options.hearing,
    backchannels: options.murmurs.length > 0 ? 'words' : 'breaths',
    onEvent,
  });
  return {
    hear: (hop, voiced) => {
      watcher.pushAudio(hop.samples);
      watcher.pushVad({ speech: voiced, durationMs: (hop.samples.length * 1_000) / 16_000 });
    },
    transcribed: (text, whole) => {
      watcher.updateText(text, whole);
    },
    avatarSaid: (text) => {
      watcher.avatarSpoke({ yesNoQuestion: asksYesOrNo(text) });
    },
    close: () => {
      watcher.close();
    },
  };
}

const YES_NO_OPENING =
  /^(?:(?:and|so|but|or|well|okay),? )*(?:do|does|did|is|are|was|were|am|have|has|had|can|could|will|would|shall|should|may|might)(?:n't)? /i;

/** Whether the last sentence asks for a yes or a no. */
export function asksYesOrNo(text: string): boolean {
  const last = text.split(/(?<=[.!?])\s+/).at(-1) ?? '';
  return last.trimEnd().endsWith('?') && YES_NO_OPENING.test(last);
}
