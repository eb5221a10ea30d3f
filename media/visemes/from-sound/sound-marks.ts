import type { PhonemeMark } from '#media/ports.ts';
export class SoundMarks {
  readonly #rate: number;
  #at = 0;
  constructor(sampleRateHz: number) {
    this.#rate = sampleRateHz;
  }
  push(samples: Int16Array): PhonemeMark[] {
    const step = this.#rate / 20;
    const marks: PhonemeMark[] = [];
    for (let i = 0; i < samples.length; i += step) {
      let e = 0;
      const part = samples.subarray(i, i + step);
      for (const s of part) e += s * s;
      const rms = Math.sqrt(e / part.length);
      const startMs = (this.#at * 1000) / this.#rate;
      this.#at += part.length;
      marks.push({
        phoneme: rms > 1500 ? 'aa' : rms > 500 ? 'eh' : 'pau',
        startMs,
        endMs: (this.#at * 1000) / this.#rate,
      });
    }
    return marks;
  }
  end(): PhonemeMark[] {
    return [];
  }
}
