import { describe, expect, it } from 'vitest';
import { PieceReader, spokenTexts } from './piece-reader.ts';

describe('the pieces of a line', () => {
  it('are its sentences without directions', () => {
    const texts = spokenTexts('[warm] Hello! I am Ada. [neutral] Shall we begin? [end]');
    expect(texts.map((text) => text.trim())).toEqual(['Hello!', 'I am Ada.', 'Shall we begin?']);
  });

  it('are the same however the line arrives', () => {
    const line = '[warm] Two weeks, okay. "Really?" she said. Then let us plan';
    const reader = new PieceReader();
    const streamed = [...line].flatMap((character) => reader.push(character));
    const texts = [...streamed, ...reader.flush()].map(({ text }) => text.trim());
    expect(texts.filter((text) => text !== '')).toEqual(
      spokenTexts(line).map((text) => text.trim()),
    );
  });

  it('are none of nothing', () => {
    expect(spokenTexts(' [end] ')).toEqual([]);
  });
});
