/**
 * Reads protobuf's text format as far as `config.pbtxt` uses it: scalars, messages, lists and comments. It knows no
 * schema: every field is a list of values in the order written.
 * Source: "Text Format Language Specification", protobuf.dev.
 */
import { RuntimeError } from '../errors.ts';

export type TextValue = string | number | boolean | TextMessage;
export type TextMessage = ReadonlyMap<string, readonly TextValue[]>;

const TOKEN =
  /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?|[A-Za-z_][\w.]*|[{}<>[\]:,;]/uy;
/** A configuration is written by hand; this is a hundred times a long one. */
const MAX_CHARACTERS = 1_000_000;
const MAX_DEPTH = 32;

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '<': '>' };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Throws MODEL_INVALID with the line of the fault. */
export function parseTextProto(text: string): TextMessage {
  return new Parser(text).document();
}

class Parser {
  readonly #tokens: { text: string; line: number }[] = [];
  #at = 0;

  constructor(text: string) {
    if (text.length > MAX_CHARACTERS) {
      throw fault('it is too long', 1);
    }
    let line = 1;
    TOKEN.lastIndex = 0;
    let position = 0;
    while (position < text.length) {
      TOKEN.lastIndex = position;
      const match = TOKEN.exec(text);
      if (match === null) {
        throw fault(`“${text.slice(position, position + 10)}” is not understood`, line);
      }
      const [token] = match;
      if (!/^[\s#]/u.test(token)) {
        this.#tokens.push({ text: token, line });
      }
      line += token.split('\n').length - 1;
      position += token.length;
    }
  }

  document(): TextMessage {
    return this.#message(undefined, 0);
  }

  #message(closing: string | undefined, depth: number): TextMessage {
    if (depth > MAX_DEPTH) {
      throw this.#fault('it is nested too deeply');
    }
    const fields = new Map<string, TextValue[]>();
    while (this.#peek() !== closing) {
      const name = this.#take();
      if (!/^[A-Za-z_]/u.test(name)) {
        throw this.#fault(`“${name}” is no field`);
      }
      const values = fields.get(name) ?? [];
      fields.set(name, values);
      const colon = this.#skip(':');
      if (this.#skip('[')) {
        while (!this.#skip(']')) {
          values.push(this.#value(depth));
          if (!this.#skip(',') && this.#peek() !== ']') {
            throw this.#fault('a list wants a comma');
          }
        }
      } else if (colon || this.#peek() === '{' || this.#peek() === '<') {
        values.push(this.#value(depth));
      } else {
        throw this.#fault(`“${name}” has no value`);
      }
      if (!this.#skip(',')) {
        this.#skip(';');
      }
    }
    if (closing !== undefined) {
      this.#take();
    }
    return fields;
  }

  #value(depth: number): TextValue {
    const token = this.#take();
    const closing = CLOSING[token];
    if (closing !== undefined) {
      return this.#message(closing, depth + 1);
    }
    if (token.startsWith('"') || token.startsWith("'")) {
      let joined = unquote(token);
      while (/^["']/u.test(this.#peek() ?? '')) {
        joined += unquote(this.#take());
      }
      return joined;
    }
    if (/^[-+.\d]/u.test(token)) {
      return Number(token.replace(/[fF]$/u, ''));
    }
    if (token === 'true' || token === 'false') {
      return token === 'true';
    }
    if (!/^[A-Za-z_]/u.test(token)) {
      throw this.#fault(`“${token}” is no value`);
    }
    return token;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  #take(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) {
      throw this.#fault('it ends too early');
    }
    this.#at += 1;
    return token.text;
  }

  #skip(text: string): boolean {
    const there = this.#peek() === text;
    this.#at += there ? 1 : 0;
    return there;
  }

  #fault(what: string): RuntimeError {
    const near = this.#tokens[Math.max(0, Math.min(this.#at, this.#tokens.length) - 1)];
    return fault(what, near?.line ?? 1);
  }
}

function unquote(token: string): string {
  return token.slice(1, -1).replace(/\\(.)/gu, (_all, letter: string) => ESCAPES[letter] ?? letter);
}

function fault(what: string, line: number): RuntimeError {
  return new RuntimeError('MODEL_INVALID', { detail: `Line ${String(line)}: ${what}.` });
}
