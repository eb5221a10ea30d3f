/** The unmodified Python client of Triton against our two servers. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoRuntime } from '../testing/echo-model.ts';
import { PEERS_FOLDER } from '../testing/triton.ts';
import { GrpcInferenceServer } from './grpc-server.ts';
import { HttpInferenceServer } from './http-server.ts';

const PYTHON = join(PEERS_FOLDER, 'bin', 'python');
const SCRIPT = fileURLToPath(new URL('../testing/ask_with_tritonclient.py', import.meta.url));
const skip = existsSync(join(PEERS_FOLDER, '.requirements'))
  ? undefined
  : 'tritonclient is not here; this makes it: node --import tsx gpu-runtime/testing/peers.ts';
const TIMEOUT_MS = 90_000;

interface Said {
  grpc: Record<string, unknown>;
  http: Record<string, unknown>;
  server: string[];
  httpForms: Record<string, boolean>;
  stream: { right: number; failed: number };
}

const title = `tritonclient against our servers${skip === undefined ? '' : ` (skipped: ${skip})`}`;
describe.skipIf(skip !== undefined)(title, () => {
  const { runtime } = echoRuntime();
  const grpc = new GrpcInferenceServer({ service: runtime, graceMs: 0 });
  const http = new HttpInferenceServer({ service: runtime, graceMs: 0 });
  let said: Said;

  beforeAll(async () => {
    const addresses = [await grpc.start(), await http.start()].map(
      (port) => `127.0.0.1:${String(port)}`,
    );
    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, ...addresses], {
      timeout: TIMEOUT_MS,
    });
    said = JSON.parse(stdout) as Said;
  }, TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all([grpc.close(), http.close()]);
    await runtime.close();
  });

  it.each(['grpc', 'http'] as const)('asks and infers over %s', (surface) => {
    expect(said[surface]).toMatchObject({
      live: true,
      ready: true,
      modelReady: true,
      unknownReady: false,
      inputs: [['IN', 'FP32', [-1, -1]]],
      id: 'r1',
      echoed: true,
      echoedAsked: true,
      echoedRows: true,
    });
    expect(said[surface]['inferences']).toBeGreaterThanOrEqual(5);
  });

  it('is told over gRPC what is wrong', () => {
    const invalid = { status: 'StatusCode.INVALID_ARGUMENT', says: true };
    expect(said.grpc).toMatchObject({
      unknownModel: { status: 'StatusCode.NOT_FOUND', says: true },
      unknownStatistics: { status: 'StatusCode.NOT_FOUND', says: true },
      wrongInput: invalid,
      wrongName: invalid,
      tooManyRows: invalid,
    });
  });

  it('is told over HTTP what is wrong', () => {
    const invalid = { status: '400', says: true };
    expect(said.http).toMatchObject({
      unknownModel: { status: '404', says: true },
      unknownStatistics: { status: '404', says: true },
      wrongInput: invalid,
      wrongName: invalid,
      tooManyRows: invalid,
    });
  });

  it('sends and takes JSON and packed bodies', () => {
    expect(said.httpForms).toEqual({ json: true, jsonIn: true, gzip: true, deflate: true });
  });

  it('streams', () => {
    expect(said.stream).toEqual({ right: 50, failed: 1 });
  });

  it('knows whom it talks to', () => {
    expect(said.server).toEqual(['understudy-gpu-runtime', 'understudy-gpu-runtime']);
  });
});
