/** The call in each of its states, as models without a room. */
import { fixedLevel } from '../audio/level-meter.ts';
import { INITIAL_LEVEL } from '../audio/level.ts';
import type { CallModel } from '../call/call-model.ts';
import { applySegment, NO_CAPTIONS, type Captions, type Speaker } from '../call/captions.ts';
import { INTERVIEW, KUND, SLIP } from './samples.ts';

function said(...turns: [Speaker, string][]): Captions {
  return turns.reduce(
    (captions, [speaker, text], index) =>
      applySegment(captions, { speaker, id: String(index), text, final: true }),
    NO_CAPTIONS,
  );
}

const talk = said(
  ['learner', 'We are moving the launch by six weeks. I wanted you to hear it from me.'],
  ['avatar', 'Six weeks? I told my team it was safe. So tell me, what changed?'],
);
const long = said(
  [
    'avatar',
    'Take all the time you need. I would rather hear it slowly than half of it, and then the other half from somebody else.',
  ],
  [
    'learner',
    'So that morning the whole phone system went down, and I had forty people in the queue, and the first thing I did was to walk over to the other team and ask them to put a message on the line, because otherwise everybody would have called again and again, and then I stayed on the line with the one customer who could not wait and wrote down everything he needed before I opened a single ticket.',
  ],
);
const speech = fixedLevel({
  ...INITIAL_LEVEL,
  level: 0.7,
  peak: 0.8,
  word: 'good',
  speaking: true,
});

const base: CallModel = {
  scenario: SLIP,
  stage: 'listening',
  captions: talk,
  captionsOn: true,
  microphone: 'on',
  level: fixedLevel(),
  recognition: 'basic',
  aims: ['early', 'reason'],
  elapsedMs: 134_000,
  network: 'good',
  notice: null,
  attempt: 0,
  attempts: 10,
  typing: false,
  typedOnly: false,
  sendFailed: false,
  regained: false,
  replacement: null,
  shortcutsOn: true,
  recorded: false,
};

const swedish: Partial<CallModel> = {
  scenario: KUND,
  recognition: 'none',
  microphone: 'off',
  typing: true,
  typedOnly: true,
  aims: [],
  captions: said(
    ['learner', 'Hej!'],
    ['avatar', 'Jag hade gäster, och vi satt på golvet. Vad tänker ni göra åt det?'],
  ),
};

const STATES: Record<string, Partial<CallModel>> = {
  connecting: {
    stage: 'connecting',
    captions: NO_CAPTIONS,
    aims: [],
    elapsedMs: 0,
    network: 'connecting',
    microphone: 'starting',
  },
  preparing: { stage: 'preparing', captions: NO_CAPTIONS, aims: [], elapsedMs: 1_000 },
  ready: { captions: NO_CAPTIONS, aims: [], elapsedMs: 4_000, scenario: INTERVIEW },
  speaking: { stage: 'speaking' },
  recorded: { recorded: true },
  listening: {
    level: speech,
    captions: long,
    scenario: INTERVIEW,
    aims: ['scene'],
    elapsedMs: 291_000,
  },
  thinking: { stage: 'thinking' },
  muted: { microphone: 'muted' },
  'muted-talking': { microphone: 'muted', level: speech },
  typing: { typing: true, microphone: 'on', scenario: INTERVIEW, aims: ['scene'] },
  'typed-only': swedish,
  'send-failed': { ...swedish, sendFailed: true },
  'captions-off': { stage: 'speaking', captionsOn: false },
  weak: { network: 'weak' },
  reconnecting: { stage: 'reconnecting', network: 'offline', notice: 'reconnecting', attempt: 3 },
  lost: { stage: 'reconnecting', network: 'offline', notice: 'lost' },
  regained: { regained: true },
  'audio-blocked': { stage: 'speaking', notice: 'audio-blocked' },
  absent: {
    stage: 'preparing',
    captions: NO_CAPTIONS,
    aims: [],
    notice: 'absent',
    elapsedMs: 9_000,
  },
  returning: { stage: 'preparing', notice: 'returning' },
  left: { stage: 'preparing', notice: 'left' },
  'microphone-lost': {
    microphone: 'lost',
    notice: 'microphone-lost',
    replacement: { deviceId: 'built-in', label: 'Built-in microphone' },
  },
  'microphone-failed': { microphone: 'failed' },
  ending: { notice: 'ending', microphone: 'muted' },
  closing: { notice: 'closing', aims: SLIP.aims.map((aim) => aim.id) },
  ended: { stage: 'ended' },
};

export const CALL_STATES = Object.keys(STATES);

export function callModel(state: string): CallModel | null {
  const change = STATES[state];
  return change === undefined ? null : { ...base, ...change };
}
