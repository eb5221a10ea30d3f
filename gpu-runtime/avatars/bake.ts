/**
 * Bakes a neural avatar's mouths for machines that cannot decode: what the decoder draws for chosen mouths of running speech
 * becomes a mean and a few difference pictures per picture of the template (media/face/neural/baked-mouths.ts).
 *
 * How much of each difference picture a mouth needs is learned on the first picture of the template: principal components
 * of many decodes, and kernel regression from parameters to them. For the other pictures fewer decodes suffice to find
 * the difference pictures that go with the same amounts.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PARAMETERS, readAvatarManifest } from '#media/face/neural/avatar-manifest.ts';
import { mixOf, placesOf, writeMouths, type MouthsData } from '#media/face/neural/baked-mouths.ts';
import { MouthParameters } from '#media/face/neural/mouth-parameters.ts';
import { PatchCompositor } from '#media/face/neural/patch-compositor.ts';
import { dot, eigen, solve } from './linear-algebra.ts';
import { LocalDecoder } from './local-decoder.ts';
import { writeManifest } from './prepare.ts';
import { farthest, speechCorpus } from './speech-corpus.ts';

export interface BakeOptions {
  folder: string;
  components?: number;
  /** Decodes of the first picture, from which the amounts are learned, and of every other picture. */
  learned?: number;
  perPicture?: number;
  /** Pictures of the template that are baked; all when absent. The others then have no baked mouth. */
  frames?: number;
  onPicture?: (done: number, all: number) => void;
}

export const MOUTHS_FILE = 'mouths.bin';
const COMPONENTS = 16;
const LEARNED = 300;
const PER_PICTURE = 40;
/** Of the mouths, this share lies as far apart as speech goes; the others are as frequent as in speech. */
const EXTREME_SHARE = 0.2;
/** As shares of the mean distance between mouths, and of the kernel's diagonal. */
const REACH = 0.7;
const REGRESSION_RIDGE = 1e-4;
const PICTURE_RIDGE = 2e-3;
const CORPUS_SECONDS = 150;
const CORPUS_SEED = 11;

/** Writes `mouths.bin` and names it in the manifest; gives its bytes. Throws MODEL_INVALID or FACE_PACK_INVALID. */
export async function bakeMouths(options: BakeOptions): Promise<number> {
  const { folder, onPicture = () => undefined } = options;
  const manifest = await readAvatarManifest(folder);
  const frames = Math.min(options.frames ?? manifest.frames, manifest.frames);
  const corpus = speechCorpus(new MouthParameters(manifest), CORPUS_SECONDS, CORPUS_SEED);
  const extremes = farthest([Float32Array.from(manifest.neutral), ...corpus], LEARNED);
  const mouths = chosen(extremes, corpus, options.learned ?? LEARNED);
  const few = chosen(extremes, corpus, options.perPicture ?? PER_PICTURE);
  const places = placesOf(new PatchCompositor(manifest, undefined).mask);
  const decoder = await LocalDecoder.open(folder);
  const samplesOf = async (frame: number, params: Float32Array): Promise<Float32Array> => {
    const patch = await decoder.decode(frame, params, 'I420');
    return Float32Array.from(places, (place) => patch[place]!);
  };
  try {
    const seen: Float32Array[] = [];
    for (const mouth of mouths) {
      seen.push(await samplesOf(0, mouth));
    }
    const data = learnAmounts(mouths, seen, {
      frames,
      samples: places.length,
      components: options.components ?? COMPONENTS,
    });
    for (let frame = 0; frame < frames; frame += 1) {
      const pictures: Float32Array[] = [];
      if (frame > 0) {
        for (const mouth of few) {
          pictures.push(await samplesOf(frame, mouth));
        }
      }
      fitPicture(data, frame, frame === 0 ? mouths : few, frame === 0 ? seen : pictures);
      onPicture(frame + 1, frames);
    }
    const file = writeMouths(data);
    await writeFile(join(folder, MOUTHS_FILE), file);
    await writeManifest(folder, { ...manifest, files: { ...manifest.files, mouths: MOUTHS_FILE } });
    return file.byteLength;
  } finally {
    await decoder.close();
  }
}

/** Some extreme mouths and others from all over the corpus. */
function chosen(
  extremes: readonly Float32Array[],
  corpus: readonly Float32Array[],
  count: number,
): Float32Array[] {
  const first = extremes.slice(0, Math.round(count * EXTREME_SHARE));
  const others = count - first.length;
  return [
    ...first,
    ...Array.from(
      { length: others },
      (_, index) => corpus[Math.floor(((index + 0.5) * corpus.length) / others)]!,
    ),
  ];
}

/** Kernel regression from parameters to principal components of what was seen. */
function learnAmounts(
  mouths: readonly Float32Array[],
  seen: readonly Float32Array[],
  size: { frames: number; samples: number; components: number },
): MouthsData {
  const count = mouths.length;
  const mean = new Float32Array(size.samples);
  for (const picture of seen) {
    picture.forEach((value, i) => {
      mean[i] = mean[i]! + value / count;
    });
  }
  const centred = seen.map((picture) => picture.map((value, i) => value - mean[i]!));
  const gram = new Float64Array(count * count);
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      gram[i * count + j] = dot(centred[i]!, centred[j]!);
      gram[j * count + i] = gram[i * count + j]!;
    }
  }
  const components = Math.min(size.components, count - 1);
  const { vectors } = eigen(gram, count, components);
  // Amounts of one deviation each: their pictures then carry the levels.
  const amounts = new Float64Array(count * components);
  vectors.forEach((vector, component) => {
    for (let i = 0; i < count; i += 1) {
      amounts[i * components + component] = vector[i]! * Math.sqrt(count);
    }
  });
  let apart = 0;
  for (let i = 0; i < count; i += 1) {
    apart += Math.sqrt(squareDistance(mouths[i]!, mouths[(i * 7 + 3) % count]!)) / count;
  }
  const reach = REACH * apart;
  const kernel = new Float64Array(count * count);
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < count; j += 1) {
      const say = Math.exp((-0.5 * squareDistance(mouths[i]!, mouths[j]!)) / reach ** 2);
      kernel[i * count + j] = say + (i === j ? REGRESSION_RIDGE : 0);
    }
  }
  const weights = solve(kernel, amounts, count, components);
  const centres = new Float32Array(count * PARAMETERS);
  mouths.forEach((mouth, i) => {
    centres.set(mouth, i * PARAMETERS);
  });
  const { frames, samples } = size;
  return {
    header: { version: 1, frames, components, samples, centres: count, reach },
    centres,
    weights: Float32Array.from(weights),
    scales: new Float32Array(frames * components),
    means: new Uint8Array(frames * samples),
    differences: new Int8Array(frames * components * samples),
  };
}

/** The mean and the difference pictures that give what was seen, by least squares over the amounts. */
function fitPicture(
  data: MouthsData,
  frame: number,
  mouths: readonly Float32Array[],
  seen: readonly Float32Array[],
): void {
  const { components, samples } = data.header;
  const size = components + 1;
  const rows = mouths.map((mouth) => [1, ...mixOf(data, mouth)]);
  const normal = new Float64Array(size * size);
  const right = new Float64Array(size * samples);
  rows.forEach((row, index) => {
    const picture = seen[index]!;
    for (let a = 0; a < size; a += 1) {
      for (let b = 0; b < size; b += 1) {
        normal[a * size + b] = normal[a * size + b]! + row[a]! * row[b]!;
      }
      const amount = row[a]!;
      for (let i = 0; i < samples; i += 1) {
        right[a * samples + i] = right[a * samples + i]! + amount * picture[i]!;
      }
    }
  });
  for (let a = 1; a < size; a += 1) {
    normal[a * size + a] = normal[a * size + a]! + PICTURE_RIDGE * mouths.length;
  }
  const found = solve(normal, right, size, samples);
  for (let i = 0; i < samples; i += 1) {
    data.means[frame * samples + i] = Math.min(255, Math.max(0, Math.round(found[i]!)));
  }
  for (let component = 0; component < components; component += 1) {
    const at = frame * components + component;
    const picture = found.subarray((component + 1) * samples, (component + 2) * samples);
    const largest = picture.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    data.scales[at] = largest / 127;
    for (let i = 0; i < samples; i += 1) {
      data.differences[at * samples + i] = Math.round((picture[i]! / largest) * 127);
    }
  }
}

function squareDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    sum += (a[i]! - b[i]!) ** 2;
  }
  return sum;
}
