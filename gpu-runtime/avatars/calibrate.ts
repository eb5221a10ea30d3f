/** Finds for each viseme the parameters with which an avatar's decoder shows it, by measuring what it draws. */
import { readAvatarManifest } from '#media/face/neural/avatar-manifest.ts';
import { Random } from '#media/performer/random.ts';
import { VISEMES, type Viseme } from '#media/visemes/viseme.ts';
import { RuntimeError } from '../errors.ts';
import { PARAMETERS } from '../face/decoder-graph.ts';
import { evolve } from './evolution.ts';
import { LocalDecoder } from './local-decoder.ts';
import { MouthGauge, type MouthMeasure } from './mouth-measure.ts';
import { writeManifest } from './prepare.ts';
import { effortCost, lookCost, SEARCHED, VISEME_TARGETS } from './viseme-targets.ts';

export interface CalibrateOptions {
  /** The avatar's folder. */
  folder: string;
  /** Rounds of ten tries for one viseme. */
  generations?: number;
  visemes?: readonly Viseme[];
  onViseme?: (report: VisemeReport) => void;
}

export interface VisemeReport {
  viseme: Viseme;
  params: number[];
  cost: number;
  measure: MouthMeasure;
}

const GENERATIONS = 22;
const TRIES = 10;
const FIRST_STEP = 0.08;
/** Less than this of what was found would not be told from rest. */
const LEAST_SHARE = 0.6;

/** Searches, writes the vectors into the avatar's manifest, and gives a report per viseme. Throws MODEL_INVALID. */
export async function calibrateAvatar(options: CalibrateOptions): Promise<VisemeReport[]> {
  const { folder, visemes = VISEMES, onViseme } = options;
  const decoder = await LocalDecoder.open(folder);
  try {
    const reports: VisemeReport[] = [];
    const search = await Search.begin(decoder);
    for (const viseme of visemes) {
      const report = await search.find(viseme, options.generations ?? GENERATIONS);
      reports.push(report);
      onViseme?.(report);
    }
    const manifest = await readAvatarManifest(folder);
    const found = Object.fromEntries(reports.map(({ viseme, params }) => [viseme, params]));
    const all = { ...manifest.visemes, ...found } as Record<Viseme, number[]>;
    if (VISEMES.every((viseme) => viseme in all)) {
      await writeManifest(folder, { ...manifest, visemes: all });
    }
    return reports;
  } finally {
    await decoder.close();
  }
}

export class Search {
  readonly #decoder: LocalDecoder;
  readonly #gauge: MouthGauge;
  readonly #rest: MouthMeasure;
  readonly #neutral: Float32Array;

  private constructor(
    decoder: LocalDecoder,
    gauge: MouthGauge,
    rest: MouthMeasure,
    neutral: Float32Array,
  ) {
    this.#decoder = decoder;
    this.#gauge = gauge;
    this.#rest = rest;
    this.#neutral = neutral;
  }

  static async begin(decoder: LocalDecoder): Promise<Search> {
    const { manifest } = decoder.bank;
    const neutral = Float32Array.from(manifest.neutral);
    const window = await decoder.decode(0, neutral, 'WINDOW');
    const gauge = new MouthGauge(window);
    const rest = gauge.measure(window);
    if (rest === null || rest.width < 30) {
      throw new RuntimeError('MODEL_INVALID', {
        detail: `No mouth is to be seen where avatar “${manifest.id}” should have it.`,
      });
    }
    return new Search(decoder, gauge, rest, neutral);
  }

  /** What these parameters look like. */
  async measure(params: Float32Array, frame = 0): Promise<MouthMeasure | null> {
    return this.#gauge.measure(await this.#decoder.decode(frame, params, 'WINDOW'));
  }

  async find(viseme: Viseme, generations: number): Promise<VisemeReport> {
    if (viseme === 'sil') {
      return { viseme, params: Array.from(this.#neutral), cost: 0, measure: this.#rest };
    }
    const target = VISEME_TARGETS[viseme];
    const rest = SEARCHED.map((index) => this.#neutral[index]!);
    const start = SEARCHED.map((index, at) => target.start[index] ?? rest[at]!);
    const random = new Random(VISEMES.indexOf(viseme) + 1);
    const { numbers, cost } = await evolve(
      { start, step: FIRST_STEP, generations, tries: TRIES, normal: () => random.normal() },
      async (tried) => {
        const measure = await this.measure(this.#params(tried));
        return lookCost(measure, target, this.#rest.width) + effortCost(tried, rest);
      },
    );
    const found = this.#params(numbers);
    const most = target.mostDrift ?? Number.POSITIVE_INFINITY;
    for (let share = 1; ; share -= 0.05) {
      const moved = found.map(
        (value, i) => this.#neutral[i]! + share * (value - this.#neutral[i]!),
      );
      const params = Array.from(moved, (value) => Math.round(value * 1e4) / 1e4);
      const measure = (await this.measure(Float32Array.from(params))) ?? this.#rest;
      if (measure.drift <= most || share <= LEAST_SHARE) {
        return { viseme, params, cost, measure };
      }
    }
  }

  #params(numbers: readonly number[]): Float32Array {
    const params = Float32Array.from({ length: PARAMETERS }, (_, index) => this.#neutral[index]!);
    SEARCHED.forEach((index, at) => {
      params[index] = numbers[at]!;
    });
    return params;
  }
}
