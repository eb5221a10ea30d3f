import { describe, expect, it } from 'vitest';
import { findQuote, markedPieces } from './transcript-marks.ts';

const text = 'But look, there are, um, some exciting openings. (Really.)';

describe('findQuote', () => {
  it('finds a quote whatever its case and spacing', () => {
    expect(findQuote(text, 'there  ARE, um')).toEqual({ start: 10, end: 23 });
  });

  it('takes punctuation literally', () => {
    expect(findQuote(text, '(Really.)')).toEqual({ start: 49, end: 58 });
    expect(findQuote('abc', 'a.c')).toBeNull();
  });

  it('gives null for a quote that is not there, or empty', () => {
    expect(findQuote(text, 'never said')).toBeNull();
    expect(findQuote(text, '  ')).toBeNull();
  });
});

describe('markedPieces', () => {
  it('always gives back the whole text', () => {
    const pieces = markedPieces(
      text,
      [{ quote: 'look, there are, um', polarity: 'against' }],
      [
        { start: 21, end: 23 },
        { start: 50, end: 900 },
      ],
    );
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  });

  it('marks a filler inside evidence as both', () => {
    const pieces = markedPieces(
      text,
      [{ quote: 'there are, um, some', polarity: 'for' }],
      [{ start: 21, end: 23 }],
    );
    expect(pieces.find((piece) => piece.filler)).toEqual({
      text: 'um',
      evidence: 'for',
      filler: true,
    });
  });

  it('lets what to work on win where evidence overlaps', () => {
    const pieces = markedPieces(
      'one two',
      [
        { quote: 'one two', polarity: 'for' },
        { quote: 'two', polarity: 'against' },
      ],
      [],
    );
    expect(pieces).toEqual([
      { text: 'one ', evidence: 'for', filler: false },
      { text: 'two', evidence: 'against', filler: false },
    ]);
  });

  it('has no pieces for no text', () => {
    expect(markedPieces('', [], [])).toEqual([]);
  });
});
