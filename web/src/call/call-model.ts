/** Everything that the call view draws, and everything that the learner can do there. */
import type { RecognitionGrade, ScenarioSummary } from '#signaling/api-types.ts';
import type { LevelSource } from '../audio/level-meter.ts';
import type { Captions } from './captions.ts';
import type { MicrophoneStatus, NetworkWord, Notice, StageState } from './call-state.ts';

export interface CallModel {
  scenario: ScenarioSummary;
  stage: StageState;
  captions: Captions;
  captionsOn: boolean;
  microphone: MicrophoneStatus;
  level: LevelSource;
  recognition: RecognitionGrade;
  /** Ids of aims reached. */
  aims: readonly string[];
  elapsedMs: number;
  network: NetworkWord;
  notice: Notice | null;
  /** The running reconnect try, from 1. */
  attempt: number;
  attempts: number;
  /** The reply field is open. */
  typing: boolean;
  /** Speech is not possible, or the learner chose to type: the reply field stays. */
  typedOnly: boolean;
  sendFailed: boolean;
  /** Just reconnected. */
  regained: boolean;
  replacement: { deviceId: string; label: string } | null;
  shortcutsOn: boolean;
  /** The call is recorded now. */
  recorded: boolean;
}

export interface CallActions {
  mute: () => void;
  /** Turns the microphone on, or tries it again. */
  speak: () => void;
  type: () => void;
  send: (text: string) => void;
  toggleCaptions: () => void;
  toggleShortcuts: () => void;
  end: () => void;
  endNow: () => void;
  keepTalking: () => void;
  startAudio: () => void;
  tryNow: () => void;
  leave: () => void;
  startOver: () => void;
  useReplacement: () => void;
}

/** How long "End" can be taken back. */
export const UNDO_MS = 4_000;
