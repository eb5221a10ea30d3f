/**
 * The neural face on this machine: what the runtime adds to the bare decoder, what batching rooms brings, and how near baked
 * mouths come to the live decoder on a sentence that they were not made from.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { bakedQuality } from '../../gpu-runtime/avatars/baked-quality.ts';
import { LocalDecoder } from '../../gpu-runtime/avatars/local-decoder.ts';
import { RuntimeMouths } from '../../gpu-runtime/client/face-decoder.ts';
import { GrpcInferenceClient } from '../../gpu-runtime/client/grpc-client.ts';
import { loadFaceExecutor } from '../../gpu-runtime/face/face-executor.ts';
import { readModelConfig } from '../../gpu-runtime/repository/model-config.ts';
import { Runtime } from '../../gpu-runtime/runtime/runtime.ts';
import { GrpcInferenceServer } from '../../gpu-runtime/server/grpc-server.ts';
import { readAvatarManifest } from '../../media/face/neural/avatar-manifest.ts';
import { systemClock } from '../../media/clock.ts';
import { spokenSentences } from '../../media/testing/sentences.ts';
import { BENCH_AVATAR, BENCH_AVATARS, BENCH_FRAMES, benchAvatar } from './bench-avatar.ts';
import { show, type SectionResult } from './report.ts';

const MODEL_FOLDER = fileURLToPath(new URL('../../gpu-runtime/models/face', import.meta.url));
const ROOMS = 8;
const PATIENCE_MS = 10_000;
const WARM_UP = 5;

/** Throws with the reason where the fixture or ffmpeg is not here. */
export async function measureFace(quick: boolean): Promise<SectionResult> {
  const folder = await benchAvatar();
  const pair = await measureOverhead(folder, quick ? 20 : 150);
  const seconds = quick ? 2 : 8;
  const unbatched = await measureRooms(1, seconds);
  const batched = await measureRooms(ROOMS, seconds);
  const [sentence] = spokenSentences();
  const baked = await bakedQuality(folder, sentence?.marks ?? [], quick ? 30 : 120);
  const figures = {
    faceOverheadRatio: rounded(pair.runtimeMs / pair.bareMs - 1, 3),
    faceModelMs: rounded(pair.bareMs, 2),
    atlasPsnrDb: rounded(baked.psnrDb.mean, 1),
    atlasMs: rounded(baked.drawMs, 2),
    faceUnbatchedFps: rounded(unbatched.fps, 1),
    faceBatchedFps: rounded(batched.fps, 1),
  };
  return {
    figures,
    rows: [
      {
        figure: 'face decode: the runtime over the bare model',
        reach: '≤ 10 %; bare ≤ 25 ms',
        measured: `${show(figures.faceOverheadRatio * 100, ' %', 1)} (${show((pair.wireMs / pair.bareMs - 1) * 100, ' %', 1)} with gRPC) over ${show(figures.faceModelMs, ' ms')}`,
        n: String(pair.n),
      },
      {
        figure: 'baked mouths against the live decoder',
        reach: '≥ 44 dB, ≤ 1.5 ms',
        measured: `${show(figures.atlasPsnrDb, ' dB', 1)}, ${show(figures.atlasMs, ' ms')}`,
        n: String(baked.pictures),
      },
      {
        figure: `face, ${String(ROOMS)} rooms: pictures/s, one by one and batched`,
        reach: 'report',
        measured: `${show(figures.faceUnbatchedFps, '', 1)}, ${show(figures.faceBatchedFps, '', 1)}`,
        n: `${String(unbatched.count)}, ${String(batched.count)}`,
      },
    ],
    detail: {
      runtimeMs: rounded(pair.runtimeMs, 2),
      overGrpcMs: rounded(pair.wireMs, 2),
      overGrpcRatio: rounded(pair.wireMs / pair.bareMs - 1, 3),
      leastPsnrDb: rounded(baked.psnrDb.min, 1),
      unbatchedP95Ms: rounded(unbatched.p95Ms, 1),
      batchedP95Ms: rounded(batched.p95Ms, 1),
      rooms: ROOMS,
      frames: BENCH_FRAMES,
    },
  };
}

/**
 * The bare decoder, the runtime in this process (checks, queue, thread, bank, copies), and the runtime over gRPC, in turns,
 * so that what else the machine does falls on all. Medians.
 */
async function measureOverhead(
  folder: string,
  rounds: number,
): Promise<{ runtimeMs: number; wireMs: number; bareMs: number; n: number }> {
  const bare = await bareModel(folder);
  const served = await startServed(1);
  const params = await neutralOf(folder);
  const options = { timeoutMs: PATIENCE_MS, signal: new AbortController().signal };
  const times = { bare: [] as number[], runtime: [] as number[], wire: [] as number[] };
  try {
    for (let round = 0; round < rounds + WARM_UP; round += 1) {
      const frame = round % BENCH_FRAMES;
      const bareMs = await timed(() => bare.run());
      const runtimeMs = await timed(() => served.direct.decode(frame, params, options));
      const wireMs = await timed(() => served.mouths[0]!.decode(frame, params, options));
      if (round >= WARM_UP) {
        times.bare.push(bareMs);
        times.runtime.push(runtimeMs);
        times.wire.push(wireMs);
      }
    }
  } finally {
    await served.close();
    await bare.close();
  }
  return {
    runtimeMs: median(times.runtime),
    wireMs: median(times.wire),
    bareMs: median(times.bare),
    n: rounds,
  };
}

/** The decoder alone, on one thread, its inputs ready. */
async function bareModel(
  folder: string,
): Promise<{ run: () => Promise<unknown>; close: () => Promise<void> }> {
  const decoder = await LocalDecoder.open(folder);
  const feeds: Record<string, Tensor> = decoder.feeds([
    { frame: 1, params: await neutralOf(folder) },
  ]);
  const session = await InferenceSession.create(Uint8Array.from(decoder.bank.decoder), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  await decoder.close();
  return { run: () => session.run(feeds, ['RGB', 'I420']), close: () => session.release() };
}

interface Served {
  /** Without the wire. */
  direct: RuntimeMouths;
  mouths: RuntimeMouths[];
  close: () => Promise<void>;
}

/** The runtime over gRPC with a connection for each room. */
async function startServed(rooms: number, maxBatchRows = 8): Promise<Served> {
  const config = readModelConfig(
    await readFile(join(MODEL_FOLDER, 'config.pbtxt'), 'utf8'),
    MODEL_FOLDER,
  );
  const executor = await loadFaceExecutor({
    ...{ config, modelFolder: MODEL_FOLDER, clock: systemClock, maxBatchRows },
    environment: { UNDERSTUDY_AVATARS: BENCH_AVATARS },
  });
  const models = [{ config, version: '1', executor }];
  const runtime = new Runtime({ models, clock: systemClock, version: '0.1.0', maxBatchRows });
  const server = new GrpcInferenceServer({ service: runtime });
  const port = await server.start();
  const clients = Array.from(
    { length: rooms },
    () => new GrpcInferenceClient({ address: `127.0.0.1:${String(port)}` }),
  );
  const mouths = clients.map(
    (service, index) =>
      new RuntimeMouths({
        ...{ service, avatar: BENCH_AVATAR, clock: systemClock },
        session: `room${String(index)}`,
      }),
  );
  await Promise.all(mouths.map((each) => each.prepare()));
  const direct = new RuntimeMouths({
    ...{ service: runtime, avatar: BENCH_AVATAR, clock: systemClock },
    session: 'direct',
  });
  return {
    direct,
    mouths,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
      await runtime.close();
    },
  };
}

/** Rooms that each ask for the next picture as soon as they have one, on one avatar. */
async function measureRooms(
  maxBatchRows: number,
  seconds: number,
): Promise<{ fps: number; p95Ms: number; count: number }> {
  const served = await startServed(ROOMS, maxBatchRows);
  const params = await neutralOf(join(BENCH_AVATARS, BENCH_AVATAR));
  const signal = new AbortController().signal;
  const times: number[] = [];
  const startedMs = systemClock.nowMs();
  const untilMs = startedMs + seconds * 1_000;
  try {
    await Promise.all(
      served.mouths.map(async (room, index) => {
        for (let picture = index; systemClock.nowMs() < untilMs; picture += 1) {
          const options = { timeoutMs: PATIENCE_MS, signal };
          times.push(await timed(() => room.decode(picture % BENCH_FRAMES, params, options)));
        }
      }),
    );
  } finally {
    await served.close();
  }
  const tookS = (systemClock.nowMs() - startedMs) / 1_000;
  times.sort((a, b) => a - b);
  const p95Ms = times[Math.floor(times.length * 0.95)] ?? 0;
  return { fps: times.length / tookS, p95Ms, count: times.length };
}

async function neutralOf(folder: string): Promise<Float32Array> {
  return Float32Array.from((await readAvatarManifest(folder)).neutral);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedMs = systemClock.nowMs();
  await run();
  return systemClock.nowMs() - startedMs;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
