/** Gathers the sound of one track into blocks, so that a file is touched a few times a second and not for every frame. */

export class TrackWriter {
  readonly #sink: (block: Uint8Array) => void;
  readonly #blockSamples: number;
  #block: Int16Array;
  #filled = 0;
  #samples = 0;

  /** `sink` owns each block of 16-bit little-endian PCM that it is given. A writer that is killed loses `blockSamples`. */
  constructor(options: { blockSamples: number; sink: (block: Uint8Array) => void }) {
    this.#sink = options.sink;
    this.#blockSamples = options.blockSamples;
    this.#block = new Int16Array(options.blockSamples);
  }

  /** Samples written, those of the open block included. */
  get samples(): number {
    return this.#samples;
  }

  /** Copies `samples`. */
  write(samples: Int16Array): void {
    for (let at = 0; at < samples.length;) {
      const count = Math.min(this.#blockSamples - this.#filled, samples.length - at);
      this.#block.set(samples.subarray(at, at + count), this.#filled);
      at += count;
      this.#advance(count);
    }
  }

  writeSilence(samples: number): void {
    for (let left = samples; left > 0;) {
      const count = Math.min(this.#blockSamples - this.#filled, left);
      left -= count;
      this.#advance(count);
    }
  }

  /** Hands on what is gathered. */
  flush(): void {
    if (this.#filled > 0) {
      // Node runs on little-endian machines only, as WAV wants it.
      this.#sink(new Uint8Array(this.#block.buffer, 0, 2 * this.#filled));
      this.#block = new Int16Array(this.#blockSamples);
      this.#filled = 0;
    }
  }

  #advance(samples: number): void {
    this.#filled += samples;
    this.#samples += samples;
    if (this.#filled === this.#blockSamples) {
      this.flush();
    }
  }
}
