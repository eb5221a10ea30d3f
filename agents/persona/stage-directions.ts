/**
 * Stage directions are tags at the start of a sentence that tell the face what to wear, for example
 * `[concerned] I see. [warm] Thanks for telling me.` The scripted persona and language models write the same tags;
 * `[end]` says that the persona has finished the call. Anything else in square brackets is dropped, never spoken.
 */
import { EXPRESSIONS, type ExpressionName } from '#media/face/pose.ts';

export const END_TAG = 'end';

/** A tag longer than this is no tag: a `[` that does not close within it is spoken as it stands. */
const MAX_TAG_CHARS = 24;

export type Direction =
  | { kind: 'text'; text: string }
  | { kind: 'expression'; expression: ExpressionName; atChar: number }
  | { kind: 'end'; atChar: number };

const isExpression = (word: string): word is ExpressionName =>
  (EXPRESSIONS as readonly string[]).includes(word);

/**
 * Splits streamed text into what is spoken and what is shown. `push` may be fed pieces cut anywhere, also inside a
 * tag; `atChar` counts characters of spoken text before the tag. Leading space and the space after a tag are dropped.
 */
export class StageDirectionParser {
  #held = '';
  #spokenChars = 0;
  /** Nothing was spoken since the last tag, or at all: space that a tag leaves doubled is dropped. */
  #afterTag = true;
  #endsWithSpace = true;

  push(piece: string): Direction[] {
    this.#held += piece;
    return this.#drain(false);
  }

  /** Ends the stream: whatever was held back as a possible tag is spoken. */
  flush(): Direction[] {
    return this.#drain(true);
  }

  #drain(atEnd: boolean): Direction[] {
    const out: Direction[] = [];
    while (this.#held.length > 0) {
      const open = this.#held.indexOf('[');
      if (open !== 0) {
        this.#speak(out, open < 0 ? this.#held : this.#held.slice(0, open));
        this.#held = open < 0 ? '' : this.#held.slice(open);
        continue;
      }
      const close = this.#held.indexOf(']');
      const tooLong = (close < 0 ? this.#held.length : close) > MAX_TAG_CHARS;
      if (tooLong || (close < 0 && atEnd)) {
        this.#speak(out, '[');
        this.#held = this.#held.slice(1);
        continue;
      }
      if (close < 0) break;
      const word = this.#held.slice(1, close).trim().toLowerCase();
      if (isExpression(word)) {
        out.push({ kind: 'expression', expression: word, atChar: this.#spokenChars });
      } else if (word === END_TAG) {
        out.push({ kind: 'end', atChar: this.#spokenChars });
      }
      this.#afterTag = true;
      this.#held = this.#held.slice(close + 1);
    }
    return out;
  }

  #speak(out: Direction[], text: string): void {
    const spoken = this.#afterTag && this.#endsWithSpace ? text.trimStart() : text;
    if (spoken.length === 0) return;
    this.#afterTag = false;
    this.#endsWithSpace = /\s$/.test(spoken);
    this.#spokenChars += spoken.length;
    const last = out.at(-1);
    if (last?.kind === 'text') last.text += spoken;
    else out.push({ kind: 'text', text: spoken });
  }
}

export interface DirectedText {
  /** What is spoken. */
  spoken: string;
  expressions: { expression: ExpressionName; atChar: number }[];
  endsCall: boolean;
}

/** Parses a whole text at once. */
export function parseStageDirections(text: string): DirectedText {
  const parser = new StageDirectionParser();
  const result: DirectedText = { spoken: '', expressions: [], endsCall: false };
  for (const part of [...parser.push(text), ...parser.flush()]) {
    if (part.kind === 'text') result.spoken += part.text;
    else if (part.kind === 'end') result.endsCall = true;
    else result.expressions.push({ expression: part.expression, atChar: part.atChar });
  }
  result.spoken = result.spoken.trimEnd();
  return result;
}

/** The text without its stage directions. */
export const stripStageDirections = (text: string): string => parseStageDirections(text).spoken;
