/** Cuts what a persona writes into what a voice is asked for: one sentence at a time, without stage directions. */
import { StageDirectionParser } from '#agents/persona/stage-directions.ts';
import type { ExpressionName } from '#media/face/pose.ts';

/** A sentence end followed by space: what stands before it can be spoken while the rest is still being written. */
const SENTENCE_END = /[.!?…][)"'”’]*\s/u;

/** One piece of text to speak, and the face that goes with its start. */
export interface Piece {
  text: string;
  expression: ExpressionName | undefined;
  /** Nothing to speak: the persona closes the call here. */
  ends?: boolean;
}

/** Turns streamed text into pieces: cut after sentences and at stage directions. */
export class PieceReader {
  readonly #parser = new StageDirectionParser();
  #text = '';
  #expression: ExpressionName | undefined;

  push(text: string): Piece[] {
    return this.#read(this.#parser.push(text));
  }

  flush(): Piece[] {
    const pieces = this.#read(this.#parser.flush());
    return [...pieces, ...this.#cut(this.#text.length)];
  }

  #read(directions: ReturnType<StageDirectionParser['push']>): Piece[] {
    const pieces: Piece[] = [];
    for (const direction of directions) {
      if (direction.kind === 'text') {
        this.#text += direction.text;
        let end = SENTENCE_END.exec(this.#text);
        while (end !== null) {
          pieces.push(...this.#cut(end.index + end[0].length));
          end = SENTENCE_END.exec(this.#text);
        }
      } else if (direction.kind === 'expression') {
        pieces.push(...this.#cut(this.#text.length));
        this.#expression = direction.expression;
      } else {
        pieces.push(...this.#cut(this.#text.length), {
          text: '',
          expression: undefined,
          ends: true,
        });
      }
    }
    return pieces;
  }

  #cut(length: number): Piece[] {
    const text = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    if (text.trim() === '') {
      return [];
    }
    const expression = this.#expression;
    this.#expression = undefined;
    return [{ text, expression }];
  }
}

/** What a voice will be asked for when it speaks `line`, one text a sentence: the addresses of a speech cache. */
export function spokenTexts(line: string): string[] {
  const reader = new PieceReader();
  return [...reader.push(line), ...reader.flush()]
    .map(({ text }) => text)
    .filter((text) => text.trim() !== '');
}
