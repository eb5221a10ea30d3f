/** Captions as WebVTT (W3C), one cue a turn, each with its speaker. */

export interface Cue {
  startMs: number;
  endMs: number;
  speaker: string;
  text: string;
}

/** A cue that flashes by cannot be read. */
const SHORTEST_CUE_MS = 600;

/** The whole file. Cues come in the order of their start; those without text are left out. */
export function webVtt(cues: readonly Cue[]): string {
  const blocks = cues
    .filter(({ text }) => text.trim() !== '')
    .toSorted((one, other) => one.startMs - other.startMs)
    .map(({ startMs, endMs, speaker, text }, index) => {
      const until = Math.max(endMs, startMs + SHORTEST_CUE_MS);
      const line = escaped(text).replaceAll(/\s+/gu, ' ').trim();
      return `${String(index + 1)}\n${timestamp(startMs)} --> ${timestamp(until)}\n<v ${named(speaker)}>${line}</v>\n`;
    });
  return ['WEBVTT\n', ...blocks].join('\n');
}

function timestamp(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const part = (value: number, digits = 2): string => String(value).padStart(digits, '0');
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = Math.floor(whole / 1_000) % 60;
  return `${part(hours)}:${part(minutes)}:${part(seconds)}.${part(whole % 1_000, 3)}`;
}

/** Text that cannot end a cue or begin a tag. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An annotation ends at ">" and at a line's end. */
function named(speaker: string): string {
  return escaped(speaker.replaceAll(/\s+/gu, ' ').trim());
}
