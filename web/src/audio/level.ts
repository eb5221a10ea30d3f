/** How loud the learner is, as a bar length and as words. Pure: time is a parameter. */

export type LevelWord = 'silent' | 'quiet' | 'good' | 'loud';

export interface LevelState {
  /** 0..1, for the bar; falls more slowly than it rises, so that it can be read. */
  level: number;
  /** 0..1, the highest bar of the last moments. */
  peak: number;
  word: LevelWord;
  /** Speech by loudness alone, with hysteresis; a hint for the page, never a turn decision. */
  speaking: boolean;
  atMs: number;
  peakAtMs: number;
  loudestDb: number;
  loudestAtMs: number;
  speakingUntilMs: number;
}

/** The bar spans the loudness of speech at a headset or a laptop: a whisper at its left, clipping at its right. */
const FLOOR_DB = -60;
const CEILING_DB = -6;
/** Below this a microphone gives its own noise. */
const SILENT_DB = -50;
/** Below this recognition suffers. */
const QUIET_DB = -38;
/** RMS above this means clipped peaks. */
const LOUD_DB = -7;
/** Words are read: they hold for as long as a short pause between sentences. */
const WORD_HOLD_MS = 1_600;
const PEAK_HOLD_MS = 900;
/** 12 dB over the noise floor starts speech; the gaps between words do not end it. */
const SPEECH_DB = -40;
const SPEECH_HOLD_MS = 450;
/** The bar falls from full to empty in 0.6 s. */
const FALL_PER_MS = 1 / 600;

export const INITIAL_LEVEL: LevelState = {
  level: 0,
  peak: 0,
  word: 'silent',
  speaking: false,
  atMs: 0,
  peakAtMs: 0,
  loudestDb: -120,
  loudestAtMs: 0,
  speakingUntilMs: 0,
};

/** Root mean square of samples in −1..1, as decibels below full scale; −120 for silence. */
export function loudnessDb(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
  return Math.max(-120, 20 * Math.log10(Math.max(rms, 1e-6)));
}

function wordFor(db: number): LevelWord {
  if (db < SILENT_DB) return 'silent';
  if (db < QUIET_DB) return 'quiet';
  return db > LOUD_DB ? 'loud' : 'good';
}

/** The next state after hearing `db` at `nowMs`. */
export function nextLevel(state: LevelState, db: number, nowMs: number): LevelState {
  const heard = Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
  const fallen = state.level - (nowMs - state.atMs) * FALL_PER_MS;
  const level = Math.max(heard, fallen, 0);
  const peakHolds = level < state.peak && nowMs - state.peakAtMs < PEAK_HOLD_MS;
  const loudestHolds = db < state.loudestDb && nowMs - state.loudestAtMs < WORD_HOLD_MS;
  const loudestDb = loudestHolds ? state.loudestDb : db;
  const speakingUntilMs = db >= SPEECH_DB ? nowMs + SPEECH_HOLD_MS : state.speakingUntilMs;
  return {
    level,
    peak: peakHolds ? state.peak : level,
    peakAtMs: peakHolds ? state.peakAtMs : nowMs,
    word: wordFor(loudestDb),
    speaking: nowMs < speakingUntilMs,
    atMs: nowMs,
    loudestDb,
    loudestAtMs: loudestHolds ? state.loudestAtMs : nowMs,
    speakingUntilMs,
  };
}
