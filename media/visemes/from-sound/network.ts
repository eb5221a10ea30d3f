/**
 * A small network that names the sound of each 10 ms from the 60 ms before and the 30 ms after it. It learnt from the
 * embedded voices, whose phonemes are known to the sample (agents/avatar-worker/training); weights are in network.json.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const layerSchema = z.object({
  /** What one step of a weight is worth. */
  scale: z.number(),
  /** Signed bytes in base64, row by row: one row for each input. */
  weights: z.string(),
  bias: z.array(z.number()),
});

const networkSchema = z.object({
  /** What each output stands for: ARPAbet names, of which each also stands for sounds that look like it. */
  phonemes: z.array(z.string()),
  bands: z.number(),
  framesBefore: z.number(),
  framesAfter: z.number(),
  hidden: z.number(),
  first: layerSchema,
  second: layerSchema,
});

interface Layer {
  weights: Float32Array;
  bias: Float32Array;
}

export class SoundNetwork {
  readonly phonemes: readonly string[];
  readonly bands: number;
  readonly framesBefore: number;
  readonly framesAfter: number;
  readonly #first: Layer;
  readonly #second: Layer;

  constructor(description: unknown) {
    const network = networkSchema.parse(description);
    this.phonemes = network.phonemes;
    this.bands = network.bands;
    this.framesBefore = network.framesBefore;
    this.framesAfter = network.framesAfter;
    const frames = network.framesBefore + 1 + network.framesAfter;
    this.#first = layer(network.first, frames * network.bands, network.hidden);
    this.#second = layer(network.second, network.hidden, network.phonemes.length);
  }

  /** Logarithms of the probabilities of the phonemes, from the features of framesBefore + 1 + framesAfter frames. */
  listen(frames: readonly Float32Array[]): Float32Array {
    const input = new Float32Array(frames.length * this.bands);
    frames.forEach((features, index) => {
      input.set(features, index * this.bands);
    });
    const hidden = apply(this.#first, input).map(Math.tanh);
    const output = apply(this.#second, hidden);
    const highest = Math.max(...output);
    let sum = 0;
    for (const value of output) {
      sum += Math.exp(value - highest);
    }
    const whole = highest + Math.log(sum);
    return output.map((value) => value - whole);
  }
}

let shared: SoundNetwork | undefined;

/** The network that comes with the project; read once. */
export function soundNetwork(): SoundNetwork {
  shared ??= new SoundNetwork(
    JSON.parse(readFileSync(new URL('./network.json', import.meta.url), 'utf8')),
  );
  return shared;
}

function layer(
  { scale, weights, bias }: z.infer<typeof layerSchema>,
  inputs: number,
  outputs: number,
): Layer {
  const bytes = new Int8Array(Buffer.from(weights, 'base64'));
  if (bytes.length !== inputs * outputs || bias.length !== outputs) {
    throw new RangeError('The weights of the network do not fit its layers.');
  }
  return {
    weights: Float32Array.from(bytes, (byte) => byte * scale),
    bias: new Float32Array(bias),
  };
}

function apply({ weights, bias }: Layer, input: Float32Array): Float32Array {
  const output = bias.slice();
  for (let from = 0; from < input.length; from += 1) {
    const value = input[from]!;
    const row = from * output.length;
    for (let to = 0; to < output.length; to += 1) {
      output[to] = output[to]! + value * weights[row + to]!;
    }
  }
  return output;
}
