/** The model `face` in real Triton: the same folder, the same avatars, the same bytes as this runtime's own decoder. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalDecoder } from '../avatars/local-decoder.ts';
import { GrpcInferenceClient } from '../client/grpc-client.ts';
import { faceTensors } from '../face/face-rows.ts';
import type { InferRequest } from '../ports.ts';
import { prepareSample, whyNoSample } from './sample-avatar.ts';
import { PEERS_FOLDER, startTriton, whyNoTriton, type RunningTriton } from './triton.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));
const START_MS = 120_000;

function whyNoOnnxruntime(): string | undefined {
  const packages = ['3.10', '3.11', '3.12', '3.13'].map((version) =>
    join(PEERS_FOLDER, 'lib', `python${version}`, 'site-packages', 'onnxruntime'),
  );
  return packages.some((folder) => existsSync(folder))
    ? undefined
    : 'Triton’s Python has no onnxruntime: node --import tsx gpu-runtime/testing/peers.ts';
}

const missing = whyNoSample() ?? whyNoTriton() ?? whyNoOnnxruntime();
describe.skipIf(missing !== undefined)(missing ?? 'the model face in real Triton', () => {
  let repository: string;
  let folder: string;
  let triton: RunningTriton;
  let client: GrpcInferenceClient;
  const params = new Float32Array(32).fill(0.05);

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), 'understudy-avatars-'));
    folder = await prepareSample(repository, 'ann', 3);
    // The server's process inherits it.
    const before = process.env['UNDERSTUDY_AVATARS'];
    process.env['UNDERSTUDY_AVATARS'] = repository;
    try {
      triton = await startTriton({ models: MODELS, load: ['face'] });
    } finally {
      if (before === undefined) {
        delete process.env['UNDERSTUDY_AVATARS'];
      } else {
        process.env['UNDERSTUDY_AVATARS'] = before;
      }
    }
    client = new GrpcInferenceClient({ address: `127.0.0.1:${String(triton.grpcPort)}` });
  }, START_MS);
  afterAll(async () => {
    await client.close();
    await triton.close();
    rmSync(repository, { recursive: true, force: true });
  }, START_MS);

  const request = (avatar: string, frame: number, vector = params): InferRequest => ({
    modelName: 'face',
    modelVersion: '',
    id: '',
    inputs: faceTensors({ avatars: [avatar], frames: Int32Array.of(frame), params: vector }),
    outputs: ['I420'],
    scheduling: { priority: 0, timeoutMs: 20_000, session: 'room', batchKey: avatar },
  });

  it('gives each of several callers the patch that this runtime gives', async () => {
    const answers = await Promise.all(
      [0, 1, 2, 1].map((frame) => client.infer(request('ann', frame))),
    );
    const local = await LocalDecoder.open(folder);
    for (const [index, frame] of [0, 1, 2, 1].entries()) {
      const wanted = Buffer.from(await local.decode(frame, params, 'I420'));
      expect(Buffer.from(answers[index]!.outputs[0]!.data).equals(wanted)).toBe(true);
    }
    await local.close();
  });

  it('tells a caller what is wrong, and the others nothing', async () => {
    const broken = new Float32Array(32).fill(Number.NaN);
    const answers = await Promise.allSettled([
      client.infer(request('zoe', 0)),
      client.infer(request('ann', 3)),
      client.infer(request('ann', 0, broken)),
      client.infer(request('ann', 0)),
    ]);
    const told = answers.map((answer) =>
      answer.status === 'fulfilled' ? 'fine' : String((answer.reason as Error).message),
    );
    expect(told).toEqual([
      expect.stringContaining('There is no avatar “zoe” here.'),
      expect.stringContaining('avatar “ann” has pictures 0 to 2'),
      expect.stringContaining('not finite or beyond'),
      'fine',
    ]);
  });
});
