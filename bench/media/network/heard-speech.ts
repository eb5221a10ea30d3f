/** How much of known speech can be heard in what came over a line: voiced stretches found again by correlation. */
import { findSound, thinned, type Match } from '../../turn/alignment.ts';

/** 100 ms: shorter than a syllable, so that one lost packet costs little and one lost syllable shows. */
const STRETCH_MS = 100;
/** Normalised correlation at which a stretch is the same sound: Opus at 32 kbit/s stays above 0.8. */
const SAME = 0.6;
/** Root mean square of speech; what is quieter is a pause. */
const VOICED_RMS = 300;
/** How far a jitter buffer moves the next stretch against the last one found. */
const DRIFT_MS = 250;
/** Half the rate holds what makes speech intelligible and costs a quarter. */
const THIN = 2;

export interface HeardSpeech {
  /** Voiced stretches of the known sound, and those found again. */
  stretches: number;
  found: number;
}

/**
 * Looks for `known` in `received`, both mono at `rateHz`. Its first stretch is expected between samples `from` and `to`;
 * later ones follow the last that was found.
 */
export function heardSpeech(
  received: Int16Array,
  known: Int16Array,
  rateHz: number,
  from: number,
  to: number,
): HeardSpeech {
  const heard = thinned(received, THIN);
  const said = thinned(known, THIN);
  const perMs = rateHz / THIN / 1_000;
  const length = STRETCH_MS * perMs;
  const result: HeardSpeech = { stretches: 0, found: 0 };
  let shift: number | undefined;
  for (let at = 0; at + length <= said.length; at += length) {
    const stretch = said.subarray(at, at + length);
    if (rms(stretch) < VOICED_RMS) {
      continue;
    }
    result.stretches += 1;
    const match: Match | undefined =
      shift === undefined
        ? findSound(heard, stretch, from / THIN + at, to / THIN + at)
        : findSound(heard, stretch, at + shift - DRIFT_MS * perMs, at + shift + DRIFT_MS * perMs);
    if (match !== undefined && match.score >= SAME) {
      result.found += 1;
      shift = match.at - at;
    }
  }
  return result;
}

function rms(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) {
    energy += sample * sample;
  }
  return Math.sqrt(energy / Math.max(1, samples.length));
}
