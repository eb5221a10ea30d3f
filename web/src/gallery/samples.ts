/** Made-up scenes, sessions and a report, for the gallery's pictures only. */
import type { RecordingStatus, Report, ScenarioSummary } from '#signaling/api-types.ts';
import type { KeptSession } from '../storage/my-reports.ts';

export const SLIP: ScenarioSummary = {
  id: 'late-report',
  kind: 'roleplay',
  title: 'Tell a report that a deadline slipped',
  summary:
    'The launch moves by six weeks. You decided it this morning, and Maya gave her team her word.',
  quote: 'I told my team it was safe. What changed?',
  language: 'en',
  difficulty: 'testing',
  durationMinutes: 8,
  persona: { name: 'Maya', role: 'your report', face: 'maya' },
  aims: [
    { id: 'early', text: 'Say the decision early' },
    { id: 'reason', text: 'Give the honest reason' },
    { id: 'room', text: 'Make room for the reaction' },
    { id: 'next', text: 'Agree a next step' },
  ],
};

export const INTERVIEW: ScenarioSummary = {
  id: 'first-interview',
  kind: 'interview',
  title: 'A first interview for a support role',
  summary: 'Twenty people applied. Daniel wants to hear what you did, not what your team did.',
  quote: 'Tell me about a day when everything went wrong.',
  language: 'en',
  difficulty: 'gentle',
  durationMinutes: 12,
  persona: { name: 'Daniel', role: 'the interviewer', face: 'daniel' },
  aims: [
    { id: 'scene', text: 'Set the scene in one sentence' },
    { id: 'self', text: 'Say what you did yourself' },
    { id: 'end', text: 'Say how it ended' },
  ],
};

export const KUND: ScenarioSummary = {
  id: 'missnojd-kund',
  kind: 'feedback',
  title: 'En kund berättar om sitt köp',
  summary:
    'Soffan kom två veckor för sent och i fel färg. Ingrid vill bli hörd innan hon vill ha en lösning.',
  quote: 'Jag hade gäster, och vi satt på golvet.',
  language: 'sv',
  difficulty: 'hard',
  durationMinutes: 5,
  persona: { name: 'Ingrid', role: 'en kund', face: 'nobody' },
  aims: [
    { id: 'lyssna', text: 'Låta henne tala färdigt' },
    { id: 'fraga', text: 'Fråga vad som vore rimligt' },
  ],
};

export const SCENES: ScenarioSummary[] = [
  SLIP,
  INTERVIEW,
  KUND,
  {
    ...INTERVIEW,
    id: 'gap',
    title:
      'Explain a gap in your work history to somebody who has decided not to be impressed by it',
    quote: 'What were you doing that year?',
    difficulty: 'hard',
  },
  {
    ...SLIP,
    id: 'refund',
    title: 'Refuse a refund without losing the customer',
    quote: 'I was promised this would be sorted by Monday.',
    difficulty: 'gentle',
    durationMinutes: 5,
  },
];

const LINES: [Report['transcript'][number]['speaker'], number, number, string][] = [
  ['avatar', 800, 3_400, 'You wanted to see me?'],
  [
    'learner',
    4_300,
    12_900,
    'Yes, thanks for coming. I will say it right away: we are moving the launch by six weeks.',
  ],
  [
    'avatar',
    13_800,
    21_000,
    'Six weeks? I told my team it was safe. I gave them my word on Friday. What changed?',
  ],
  [
    'learner',
    22_400,
    35_800,
    'The supplier told us, um, this morning that the parts are late. It was my call to move it, like, not yours.',
  ],
  [
    'avatar',
    36_500,
    44_200,
    'And nobody thought to ask me before deciding? I have two people working this weekend.',
  ],
  [
    'learner',
    44_600,
    56_000,
    'But look, there are some really exciting openings coming up, and, um, you could use the time.',
  ],
  ['avatar', 56_600, 61_300, 'I am not asking about openings. I am asking why nobody asked.'],
  [
    'learner',
    64_100,
    73_000,
    'You are right that nobody asked you. That was a mistake on my side.',
  ],
  ['avatar', 76_200, 83_900, 'Thank you. I still have to tell them, and they will not like it.'],
  ['learner', 85_600, 92_000, 'What would help you when you tell them?'],
  ['avatar', 93_500, 99_800, 'A date that holds. And somebody other than me to blame.'],
  [
    'learner',
    101_500,
    114_000,
    'Blame me. Shall we meet tomorrow at ten and plan, like, what to tell the team?',
  ],
  ['avatar', 115_000, 120_900, 'Tomorrow at ten. I will bring the plan as it stands.'],
  ['learner', 122_200, 128_000, 'And I will bring the new date, in writing.'],
  ['avatar', 129_000, 134_000, 'Good. Then I will'],
  ['learner', 133_200, 137_000, 'Is there anything else you need from me today?'],
  ['avatar', 138_000, 142_000, 'No. That is enough for one day.'],
];

const fillersOf = (text: string) =>
  [...text.matchAll(/\b(um|like)\b/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));

export const REPORT: Report = {
  sessionId: 'sample',
  scenarioId: SLIP.id,
  scenarioTitle: SLIP.title,
  kind: 'roleplay',
  language: 'en',
  personaName: 'Maya',
  startedAt: '2026-11-21T13:05:00.000Z',
  durationMs: 144_000,
  recognition: 'basic',
  status: 'scored',
  score: 71,
  strengths: [
    'You said the decision within ten seconds.',
    'You owned the mistake, and then stayed quiet.',
  ],
  improvements: [
    'Let the reaction finish. You came in early twice.',
    'Promise only what you control.',
  ],
  criteria: [
    {
      id: 'early',
      title: 'Says the decision early',
      level: 4,
      weight: 1,
      advice: '',
      evidence: [
        {
          turnIndex: 1,
          atMs: 4_300,
          quote: 'we are moving the launch by six weeks',
          note: 'In your first turn, in plain words.',
          polarity: 'for',
        },
      ],
    },
    {
      id: 'reason',
      title: 'Gives the honest reason',
      level: 3,
      weight: 1,
      advice: 'Name who decided before they have to ask.',
      evidence: [
        {
          turnIndex: 3,
          atMs: 22_400,
          quote: 'It was my call to move it',
          note: 'Clear about whose decision it was.',
          polarity: 'for',
        },
      ],
    },
    {
      id: 'room',
      title: 'Makes room for the reaction',
      level: 2,
      weight: 1,
      advice: 'After bad news, count to three before you offer anything.',
      evidence: [
        {
          turnIndex: 5,
          atMs: 44_600,
          quote: 'But look, there are some really exciting openings coming up',
          note: 'You came in 0.4 s after they finished, with a way out.',
          polarity: 'against',
        },
        {
          turnIndex: 7,
          atMs: 64_100,
          quote: 'You are right that nobody asked you. That was a mistake on my side.',
          note: 'Much better. You left 3.2 s of silence after this.',
          polarity: 'for',
        },
      ],
    },
    {
      id: 'calm',
      title: 'Stays with it without fixing',
      level: 0,
      weight: 1,
      advice: 'Say back what you heard before you propose something.',
      evidence: [],
    },
    {
      id: 'next',
      title: 'Agrees a next step',
      level: 3,
      weight: 1,
      advice: '',
      evidence: [
        {
          turnIndex: 11,
          atMs: 101_500,
          quote: 'Shall we meet tomorrow at ten',
          note: 'Concrete, shared and soon.',
          polarity: 'for',
        },
        { turnIndex: 13, atMs: 104_500, quote: 'in writing', note: 'Checkable.', polarity: 'for' },
      ],
    },
  ],
  talk: { learnerMs: 70_000, avatarMs: 58_000, learnerShare: 0.547 },
  pace: {
    wordsPerMinute: 152,
    series: [128, 141, 166, 186, 150, 131, 118].map((wordsPerMinute, n) => ({
      atMs: 8_000 + n * 20_000,
      wordsPerMinute,
    })),
  },
  fillers: {
    total: 14,
    perMinute: 5.83,
    words: [
      { word: 'um', count: 8 },
      { word: 'like', count: 4 },
      { word: 'you know', count: 2 },
    ],
  },
  responseTimes: {
    medianMs: 1_300,
    valuesMs: [900, 1_400, 400, 2_800, 1_700, 1_700, 1_300, 1_000],
  },
  questions: {
    asked: 3,
    examples: [
      'What would help you when you tell them?',
      'Is there anything else you need from me today?',
    ],
  },
  interruptions: { byLearner: 1 },
  transcript: LINES.map(([speaker, startMs, endMs, text], index) => ({
    index,
    speaker,
    startMs,
    endMs,
    text,
    typed: index === 13,
    interrupted: index === 14,
    fillers: speaker === 'learner' ? fillersOf(text) : [],
  })),
};

export const SHORT_REPORT: Report = {
  ...REPORT,
  status: 'too_short',
  score: null,
  strengths: [],
  improvements: [],
  criteria: [],
  durationMs: 14_000,
  transcript: REPORT.transcript.slice(0, 2),
};

export const TYPED_REPORT: Report = {
  ...REPORT,
  recognition: 'none',
  pace: { wordsPerMinute: null, series: [] },
  fillers: { total: 0, perMinute: null, words: [] },
  responseTimes: { medianMs: null, valuesMs: [] },
  questions: { asked: 0, examples: [] },
  interruptions: { byLearner: 0 },
  talk: { ...REPORT.talk, learnerShare: null },
};

export const RECORDING: RecordingStatus = {
  status: 'ready',
  progress: 1,
  startedAt: '2026-11-21T13:05:00.000Z',
  deletedAt: '2026-12-21T13:05:00.000Z',
  lengthMs: 254_000,
  cut: false,
  encrypted: false,
  files: ['call.mp4', 'learner.wav', 'avatar.wav', 'call.vtt', 'transcript.json'].map((name) => ({
    name,
    bytes: 1_000,
    type: 'text/plain',
    url: `/api/sessions/sample/recording/${name}`,
  })),
};

export const kept = (
  sessionId: string,
  report: Report | null,
  change: Partial<KeptSession> = {},
): KeptSession => ({
  sessionId,
  token: 'sample-token',
  scenarioId: SLIP.id,
  title: SLIP.title,
  kind: 'roleplay',
  language: 'en',
  personaName: 'Maya',
  face: 'maya',
  startedAt: '2026-11-21T13:05:00.000Z',
  report,
  ...change,
});
