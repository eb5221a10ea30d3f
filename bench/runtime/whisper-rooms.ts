/** Eight rooms whose learners finish together: their utterances gathered by the runtime, against one after another. */
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { toRequest, readAnswer } from '#agents/engines/whisper/question.ts';
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import type { InferRequest } from '#gpu-runtime/ports.ts';
import { startRuntimeProcess } from '#gpu-runtime/testing/runtime-process.ts';
import { whisperRepository, whyNoWhisper } from '#gpu-runtime/testing/tiny-whisper.ts';
import { median, rounded } from '../turn/figures.ts';
import { show, type SectionResult } from './report.ts';

/** One sentence a room; three to five seconds each. */
const SENTENCES = [
  'The report will be two weeks late, and I wanted you to hear it from me.',
  'I have worked with customers for three years, mostly on the phone.',
  'The delivery came on time but one of the boxes was open.',
  'Could we move the review to Thursday afternoon instead?',
  'We found the fault on Monday and we have tested the repair since then.',
  'What I like about this work is that no day is like the other.',
  'Honestly, I expected the manual to be in the box as well.',
  'I will send you a new plan by the end of the week.',
];
const TIMEOUT_MS = 120_000;

export interface WhisperRoomsOptions {
  rounds: number;
  /** `tiny.en` or `base`. */
  weights: string;
}

/** Throws where Whisper cannot run here; the message says why. */
export async function measureWhisperRooms(options: WhisperRoomsOptions): Promise<SectionResult> {
  const whyNot = whyNoWhisper();
  if (whyNot !== undefined) {
    throw new Error(whyNot);
  }
  const requests = await speak();
  const models = await whisperRepository({ packaged_weights: options.weights });
  try {
    const runtime = await startRuntimeProcess(models.path);
    const client = new GrpcInferenceClient({ address: runtime.grpcAddress });
    try {
      return await measure(client, requests, options);
    } finally {
      await client.close();
      await runtime.close();
    }
  } finally {
    await models.remove();
  }
}

async function measure(
  client: GrpcInferenceClient,
  requests: readonly InferRequest[],
  { rounds, weights }: WhisperRoomsOptions,
): Promise<SectionResult> {
  const hear = async (request: InferRequest): Promise<string> =>
    readAnswer(await client.infer(request)).text;
  const runs = async (): Promise<number> =>
    (await client.statistics('whisper'))[0]?.executionCount ?? 0;
  const gatheredMs: number[] = [];
  const oneByOneMs: number[] = [];
  const runsGathered: number[] = [];
  let differing = 0;
  await hear(requests[0]!);
  for (let round = 0; round < rounds; round += 1) {
    const before = await runs();
    const startedMs = performance.now();
    const together = await Promise.all(requests.map(hear));
    const gatheredAtMs = performance.now();
    gatheredMs.push(gatheredAtMs - startedMs);
    runsGathered.push((await runs()) - before);
    const alone: string[] = [];
    const againMs = performance.now();
    for (const request of requests) {
      alone.push(await hear(request));
    }
    oneByOneMs.push(performance.now() - againMs);
    differing += together.filter((text, room) => text !== alone[room]).length;
  }
  const [gathered, oneByOne] = [median(gatheredMs), median(oneByOneMs)];
  const n = `${String(rounds)} rounds, ${weights}`;
  const rooms = String(requests.length);
  return {
    figures: { whisperGatheredMs: rounded(gathered), whisperOneByOneMs: rounded(oneByOne) },
    rows: [
      {
        figure: `${rooms} transcripts, gathered`,
        reach: 'not slower',
        measured: show(gathered, ' ms', 0),
        n,
      },
      { figure: '  one by one', reach: '', measured: show(oneByOne, ' ms', 0), n },
    ],
    detail: {
      weights,
      gatheredMs: gatheredMs.map(Math.round),
      oneByOneMs: oneByOneMs.map(Math.round),
      runsGathered,
      textsThatDiffer: differing,
    },
  };
}

async function speak(): Promise<InferRequest[]> {
  const voice = new FliteTextToSpeech();
  const requests: InferRequest[] = [];
  for (const [room, sentence] of SENTENCES.entries()) {
    const samples: number[] = [];
    for await (const chunk of voice.synthesize(sentence, 'en-clara')) {
      for (const sample of chunk.samples) {
        samples.push(sample / 32_768);
      }
    }
    requests.push(
      toRequest({
        samples: Float32Array.from(samples),
        language: 'en',
        prompt: '',
        hotwords: [],
        draft: false,
        session: `lesson_${String(room)}`,
        priority: 0,
        timeoutMs: TIMEOUT_MS,
      }),
    );
  }
  await voice.close();
  return requests;
}
