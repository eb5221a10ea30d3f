/** What passes between a room and the models `piper` and `kokoro`: see their `config.pbtxt`. */
import type { InferRequest, InferResponse, Scheduling } from '#gpu-runtime/ports.ts';
import { decodeBytes, encodeBytes, type Tensor } from '#gpu-runtime/tensor/tensor.ts';
import { RuntimeError } from '#gpu-runtime/errors.ts';
import { z } from 'zod';

export interface SpeechRequest {
  modelName: string;
  text: string;
  voice: string;
  speed: number;
  scheduling: Scheduling;
}

export interface SpeechAnswer {
  samples: Int16Array;
  sampleRateHz: number;
  /** IPA. */
  phonemes: readonly string[];
  /** In samples; empty where the engine does not tell. */
  lengths: readonly number[];
  /** How each word of the text, cut at spaces, sounds alone. */
  words: readonly string[];
}

const voiceSchema = z.object({
  id: z.string().min(1),
  language: z.string().min(2),
  gender: z.enum(['female', 'male']),
  licence: z.string(),
});
export type ServedVoice = z.infer<typeof voiceSchema>;

let nextId = 1;

export function encodeSpeechRequest(request: SpeechRequest): InferRequest {
  const { modelName, text, voice, speed, scheduling } = request;
  return {
    modelName,
    modelVersion: '',
    id: `speech-${String(nextId++)}`,
    inputs: [
      stringTensor('TEXT', text),
      stringTensor('VOICE', voice),
      {
        name: 'SPEED',
        datatype: 'FP32',
        shape: [1],
        data: new Uint8Array(Float32Array.of(speed).buffer),
      },
    ],
    outputs: [],
    scheduling,
  };
}

/** The sound is in memory of its own. Throws MODEL_FAILED where it is no speech. */
export function decodeSpeechAnswer(response: InferResponse): SpeechAnswer {
  const sampleRateHz = integersOf(response, 'SAMPLE_RATE')[0] ?? 0;
  if (sampleRateHz <= 0) {
    throw new RuntimeError('MODEL_FAILED', { detail: 'Its sound has no sample rate.' });
  }
  return {
    samples: new Int16Array(copyOf(response, 'SOUND', 2)),
    sampleRateHz,
    phonemes: stringsOf(response, 'PHONEMES'),
    lengths: integersOf(response, 'PHONEME_SAMPLES'),
    words: stringsOf(response, 'WORDS'),
  };
}

/** Throws MODEL_FAILED where it is no catalogue. */
export function decodeVoices(response: InferResponse): ServedVoice[] {
  try {
    return stringsOf(response, 'VOICES').map((text) => voiceSchema.parse(JSON.parse(text)));
  } catch (error) {
    throw new RuntimeError('MODEL_FAILED', { detail: 'Its catalogue is damaged.', cause: error });
  }
}

function stringTensor(name: string, value: string): Tensor {
  return { name, datatype: 'BYTES', shape: [1], data: encodeBytes([value]) };
}

function outputOf(response: InferResponse, name: string): Uint8Array {
  const tensor = response.outputs.find((output) => output.name === name);
  if (tensor === undefined) {
    throw new RuntimeError('MODEL_FAILED', { detail: `It gave no “${name}”.` });
  }
  return tensor.data;
}

/** Aligned, and without the rest of the message it came in. */
function copyOf(response: InferResponse, name: string, elementBytes: number): ArrayBuffer {
  const data = outputOf(response, name);
  if (data.byteLength % elementBytes !== 0) {
    throw new RuntimeError('MODEL_FAILED', { detail: `“${name}” is cut off.` });
  }
  return new Uint8Array(data).buffer;
}

function integersOf(response: InferResponse, name: string): number[] {
  return [...new Int32Array(copyOf(response, name, 4))];
}

function stringsOf(response: InferResponse, name: string): string[] {
  return decodeBytes(outputOf(response, name)).map((bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  );
}
