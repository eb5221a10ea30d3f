/** Finds the voice of another engine that stands in for one that was asked for. Pure. */
import type { VoiceDescription } from '#media/ports.ts';

/**
 * The same voice, else one of the same language and gender, else one of the same language; undefined where none speaks it.
 * `kin` are the voices beside the wanted one: as far as there are enough, two of them get two different stand-ins.
 */
export function matchVoice(
  wanted: VoiceDescription,
  candidates: readonly VoiceDescription[],
  kin: readonly VoiceDescription[],
): VoiceDescription | undefined {
  const same = candidates.find(({ id }) => id === wanted.id);
  if (same !== undefined) {
    return same;
  }
  const speaks = candidates.filter((voice) => sameLanguage(voice, wanted));
  const sameGender = speaks.filter(({ gender }) => gender === wanted.gender);
  const pool = sameGender.length > 0 ? sameGender : speaks;
  if (pool.length === 0) {
    return undefined;
  }
  // Those with the very accent first; the order among equals is the engine's.
  const ordered = [
    ...pool.filter(({ language }) => language === wanted.language),
    ...pool.filter(({ language }) => language !== wanted.language),
  ];
  const rank = kin
    .filter((voice) => sameLanguage(voice, wanted) && voice.gender === wanted.gender)
    .findIndex(({ id }) => id === wanted.id);
  return ordered[Math.max(0, rank) % ordered.length];
}

function sameLanguage(one: VoiceDescription, other: VoiceDescription): boolean {
  return primary(one.language) === primary(other.language);
}

/** `en-GB` is `en`. */
function primary(tag: string): string {
  return tag.toLowerCase().split(/[-_]/u)[0]!;
}
