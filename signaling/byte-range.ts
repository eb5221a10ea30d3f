/**
 * One range of `bytes=…`, its end exclusive. Undefined where there is none that we serve: several ranges, other units and
 * nonsense are answered with the whole file, as RFC 9110 allows.
 */
export function readRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/u.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) {
    return undefined;
  }
  if (first === '') {
    const wanted = Number(last);
    return wanted === 0 || bytes === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, bytes - wanted), end: bytes };
  }
  const start = Number(first);
  const end = last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (start >= bytes) {
    return 'unsatisfiable';
  }
  return end > start ? { start, end } : undefined;
}
