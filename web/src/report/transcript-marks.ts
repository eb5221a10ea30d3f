/** Cuts a turn's text at its highlights: quoted evidence and filler words. Pure. */

export interface TextRange {
  start: number;
  /** Exclusive. */
  end: number;
}

export interface Piece {
  text: string;
  evidence: 'for' | 'against' | null;
  filler: boolean;
}

/** Where a quote stands in a text: letter case and spacing may differ. Null when it does not occur. */
export function findQuote(text: string, quote: string): TextRange | null {
  const words = quote.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const match = new RegExp(escaped.join('\\s+'), 'iu').exec(text);
  return match === null ? null : { start: match.index, end: match.index + match[0].length };
}

/** The whole text in order, as pieces that are each marked one way. Ranges outside the text are cut to it. */
export function markedPieces(
  text: string,
  evidence: readonly { quote: string; polarity: 'for' | 'against' }[],
  fillers: readonly TextRange[],
): Piece[] {
  const quotes = evidence.flatMap(({ quote, polarity }) => {
    const range = findQuote(text, quote);
    return range === null ? [] : [{ ...range, polarity }];
  });
  const inside = (at: number) => Math.min(text.length, Math.max(0, at));
  const cuts = new Set([0, text.length]);
  for (const { start, end } of [...quotes, ...fillers]) {
    cuts.add(inside(start));
    cuts.add(inside(end));
  }
  const edges = [...cuts].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (let n = 1; n < edges.length; n += 1) {
    const [start, end] = [edges[n - 1] ?? 0, edges[n] ?? 0];
    const covers = (range: TextRange) => range.start <= start && range.end >= end;
    const quoted = quotes.filter(covers);
    // A sentence that counts both ways is shown as what to work on.
    const against = quoted.some(({ polarity }) => polarity === 'against');
    pieces.push({
      text: text.slice(start, end),
      evidence: quoted.length === 0 ? null : against ? 'against' : 'for',
      filler: fillers.some(covers),
    });
  }
  return pieces;
}
