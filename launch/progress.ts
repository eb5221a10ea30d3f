/** Says what is being done, on a terminal in place, elsewhere line by line. */
export class Progress {
  readonly #quiet: boolean;

  constructor(options: { quiet?: boolean } = {}) {
    this.#quiet = options.quiet ?? false;
  }

  /** Runs one step and prints its name and how long it took. Errors pass through. */
  async step<T>(name: string, run: (say: (detail: string) => void) => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const say = (detail: string): void => {
      this.#print(`· ${name}: ${detail}`);
    };
    const result = await run(say);
    const tookS = (performance.now() - startedMs) / 1_000;
    this.#print(`✓ ${name}${tookS >= 0.5 ? ` (${tookS.toFixed(1)} s)` : ''}`);
    return result;
  }

  note(text: string): void {
    this.#print(`! ${text}`);
  }

  #print(line: string): void {
    if (!this.#quiet) {
      console.log(line);
    }
  }
}
