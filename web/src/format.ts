/** Durations, times and shares as people read them. */

const two = (value: number) => String(value).padStart(2, '0');

/** `02:14`; an hour and more becomes `1:02:14`. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${two(minutes)}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}

/** `0:00`, `8:42`: for axes, where a leading zero is only ink. */
export function axisTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** `8 min 42 s`, `42 s`, `8 min`. */
export function spokenDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  if (minutes === 0) return `${rest} s`;
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}

/** `1.2 s`. */
export function secondsText(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

/** One decimal, without a trailing `.0`. */
export function shortNumber(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Two shares that add up to 100; `share` is 0..1. */
export function percentPair(share: number): [number, number] {
  const first = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return [first, 100 - first];
}

/** `21 Nov 2026, 14:05` in the reader's own time zone, or the raw text when it is no date. */
export function dateTime(iso: string, timeZone?: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  }).format(date);
}
