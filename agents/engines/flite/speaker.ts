/** Speaks one request with flite on the calling thread. Runs inside the worker. */
import type { SpeakJob, SpeakResult, TimedPhone } from './protocol.ts';
import { runFlite } from './wasm.ts';

/** The fastest voice; its lexicon and letter-to-sound rules are those of the other voices. */
const DICTIONARY_VOICE = 'kal';
/** Speech at a tenth of its length costs a third of the time, and only its phones are read. */
const DICTIONARY_STRETCH = 0.1;
/** About 2 MB. The oldest words leave first. */
const MOST_REMEMBERED_WORDS = 8000;

const readPhones = (printed: string): TimedPhone[] => {
  const phones: TimedPhone[] = [];
  let lineStartMs = 0;
  for (const line of printed.split('\n')) {
    let startMs = lineStartMs;
    for (const [, phone = '', endS = '0'] of line.matchAll(/([a-z]+):(\d+\.\d+)/g)) {
      const endMs = lineStartMs + Number(endS) * 1000;
      phones.push({ phone, startMs, endMs });
      startMs = endMs;
    }
    lineStartMs = startMs;
  }
  return phones;
};

export class FliteSpeaker {
  readonly #module: WebAssembly.Module;
  readonly #dictionary = new Map<string, string[]>();

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  async speak({ input, voice }: SpeakJob): Promise<SpeakResult> {
    const settings = [
      '-psdur',
      '-voice',
      voice.base,
      '--setf',
      `duration_stretch=${String(voice.stretch)}`,
      ...(voice.pitchHz === undefined
        ? []
        : ['--setf', `int_f0_target_mean=${String(voice.pitchHz)}`]),
    ];
    const spoken = input.kind === 'text' ? ['-t', ` ${input.text} `] : ['-p', input.phones];
    const run = await runFlite(this.#module, [...settings, ...spoken, '-o']);
    return {
      samples: run.samples,
      sampleRateHz: run.sampleRateHz,
      phones: readPhones(run.printed),
      pronunciations: input.kind === 'text' ? await this.#pronounce(input.words) : [],
    };
  }

  /** The phones of each word alone, all unknown ones in a single run: a comma after each makes flite pause there. */
  async #pronounce(words: readonly string[]): Promise<string[][]> {
    const unknown = [...new Set(words)].filter((word) => !this.#dictionary.has(word));
    if (unknown.length > 0) {
      const spoken = await this.#spell(unknown);
      unknown.forEach((word, index) => this.#remember(word, spoken[index] ?? []));
    }
    return words.map((word) => this.#dictionary.get(word) ?? []);
  }

  async #spell(words: readonly string[]): Promise<string[][]> {
    const run = await runFlite(this.#module, [
      '-psdur',
      '-voice',
      DICTIONARY_VOICE,
      '--setf',
      `duration_stretch=${String(DICTIONARY_STRETCH)}`,
      '-t',
      ` ${words.join(', ')} `,
      '-o',
    ]);
    const groups: string[][] = [];
    let open: string[] = [];
    for (const { phone } of readPhones(run.printed)) {
      if (phone !== 'pau') {
        open.push(phone);
      } else if (open.length > 0) {
        groups.push(open);
        open = [];
      }
    }
    if (open.length > 0) groups.push(open);
    if (groups.length === words.length) return groups;
    // flite read one of the words as several; ask again in halves until the culprit stands alone.
    if (words.length === 1) return [groups.flat()];
    const middle = Math.ceil(words.length / 2);
    return [
      ...(await this.#spell(words.slice(0, middle))),
      ...(await this.#spell(words.slice(middle))),
    ];
  }

  #remember(word: string, phones: string[]): void {
    if (this.#dictionary.size >= MOST_REMEMBERED_WORDS) {
      const oldest = this.#dictionary.keys().next();
      if (oldest.done !== true) this.#dictionary.delete(oldest.value);
    }
    this.#dictionary.set(word, phones);
  }
}
