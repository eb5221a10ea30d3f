/**
 * A runtime is killed under four speaking sessions. Each has what a call has, but for the room: a pool of its own over two
 * runtimes, a face that is decoded there, and a voice that is spoken there with the embedded one behind it. Baked mouths
 * are left out, so that a picture that is held shows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ServedTextToSpeech } from '#agents/engines/served-voice/text-to-speech.ts';
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { RuntimeMouths } from '#gpu-runtime/client/face-decoder.ts';
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import { configured } from '#gpu-runtime/client/pool/discovery/discovery.ts';
import { RuntimePool } from '#gpu-runtime/client/pool/runtime-pool.ts';
import { startRuntimeProcess, type TestRuntime } from '#gpu-runtime/testing/runtime-process.ts';
import { makeToneVoices, whyNoToneVoices } from '#gpu-runtime/testing/tone-voices.ts';
import { systemClock } from '#media/clock.ts';
import {
  NeuralFaceRenderer,
  openNeuralAvatar,
  type NeuralAvatar,
} from '#media/face/neural/neural-renderer.ts';
import { Performer } from '#media/performer/performer.ts';
import type { TextToSpeech } from '#media/ports.ts';
import { FailoverTextToSpeech } from '#media/speech/failover/failover-text-to-speech.ts';
import { BENCH_AVATAR, BENCH_AVATARS, benchAvatar } from './bench-avatar.ts';
import { selectModels } from './models.ts';
import { show, type SectionResult } from './report.ts';

const SESSIONS = 4;
const PICTURE_MS = 40;
/** The pools know all runtimes, and every voice has been heard, before the blow falls. */
const BEFORE_MS = 6_000;
const AFTER_MS = 6_000;
/** Less is no hole that anybody hears. */
const HOLE_MS = 20;
const SENTENCE =
  'I have read what you sent me, and there is one thing in it that I would like to understand, because it may matter a lot.';
const VOICE = 'en-clara';

interface Session {
  pool: RuntimePool;
  face: NeuralFaceRenderer;
  voice: TextToSpeech;
  performer: Performer;
  /** Lengths of what was missing between two chunks of one sentence, after the blow. */
  holesMs: number[];
  /** Lengths of held pictures in a row, after the blow. */
  holdsMs: number[];
  heldBefore: number;
  decodedAfter: number;
  spokenAfter: number;
}

/** Throws with the reason where the fixture is not here. Without the voices' environment the embedded voice speaks alone. */
export async function measureFailover(quick: boolean): Promise<SectionResult> {
  const folder = await benchAvatar();
  const noVoices = whyNoToneVoices();
  const voices = noVoices === undefined ? await makeToneVoices() : undefined;
  const models = await selectModels(voices === undefined ? ['face'] : ['face', 'piper']);
  Object.assign(process.env, voices?.environment, { UNDERSTUDY_AVATARS: BENCH_AVATARS });
  const rounds = quick ? 1 : 3;
  const sessions: Session[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      sessions.push(...(await killOne(models.folder, folder, voices !== undefined)));
    }
  } finally {
    await models.remove();
    await voices?.remove();
  }
  const holds = sessions.flatMap(({ holdsMs }) => holdsMs).toSorted((a, b) => a - b);
  const failover = {
    soundHoles: sessions.reduce((sum, { holesMs }) => sum + holesMs.length, 0),
    pictureHoldMs: { p95: holds[Math.ceil(holds.length * 0.95) - 1] ?? 0 },
    sessionsLost: sessions.filter(
      ({ decodedAfter, spokenAfter }) => decodedAfter === 0 || spokenAfter === 0,
    ).length,
  };
  return {
    figures: { failover },
    rows: [
      {
        figure: `a runtime killed under ${String(SESSIONS)} sessions: sound holes, pictures held (P95), sessions lost`,
        reach: '0, ≤ 200 ms, 0',
        measured: `${String(failover.soundHoles)}, ${show(failover.pictureHoldMs.p95, ' ms', 0)}, ${String(failover.sessionsLost)}`,
        n: String(sessions.length),
      },
    ],
    detail: {
      rooms: 'none: faces and voices as in a call, without WebRTC',
      speech: noVoices ?? 'Piper tone voice on the runtimes, flite behind it',
      holdsAfter: holds.length,
      longestHoldMs: holds.at(-1) ?? 0,
      picturesHeldBefore: sessions.reduce((sum, { heldBefore }) => sum + heldBefore, 0),
      holesMs: sessions.flatMap(({ holesMs }) => holesMs.map(Math.round)),
    },
  };
}

async function killOne(models: string, folder: string, served: boolean): Promise<Session[]> {
  const runtimes: TestRuntime[] = [];
  const stop = new AbortController();
  const sessions: Session[] = [];
  const work: Promise<void>[] = [];
  let killedMs = Number.POSITIVE_INFINITY;
  try {
    runtimes.push(await startRuntimeProcess(models), await startRuntimeProcess(models));
    const where = runtimes.map(({ grpcAddress }) => grpcAddress).join(',');
    const avatar = { ...(await openNeuralAvatar(folder)), mouths: undefined };
    for (let index = 0; index < SESSIONS; index += 1) {
      sessions.push(await openSession(where, `room${String(index)}`, avatar, served));
    }
    for (const session of sessions) {
      work.push(
        drawPictures(session, stop.signal, () => killedMs),
        speak(session, stop.signal, () => killedMs),
      );
    }
    await sleep(BEFORE_MS);
    killedMs = systemClock.nowMs();
    await runtimes[0]!.kill();
    await sleep(AFTER_MS);
  } finally {
    stop.abort();
    await Promise.allSettled(work);
    for (const { face, voice, pool } of sessions) {
      face.close();
      await voice.close();
      await pool.close();
    }
    await Promise.allSettled(runtimes.slice(1).map((runtime) => runtime.close()));
  }
  return sessions;
}

async function openSession(
  where: string,
  session: string,
  avatar: NeuralAvatar,
  served: boolean,
): Promise<Session> {
  const pool = new RuntimePool({
    clock: systemClock,
    discover: configured(where),
    connect: (address) => new GrpcInferenceClient({ address }),
  });
  await pool.open();
  const decoder = new RuntimeMouths({
    ...{ service: pool, avatar: BENCH_AVATAR, session, clock: systemClock },
  });
  await decoder.prepare();
  const flite = new FliteTextToSpeech();
  await flite.warmUp();
  const voice = served
    ? new FailoverTextToSpeech({
        engines: [
          await ServedTextToSpeech.open({ service: pool, modelName: 'piper', session }),
          flite,
        ],
        clock: systemClock,
      })
    : flite;
  return {
    ...{ pool, voice },
    face: new NeuralFaceRenderer(avatar, { clock: systemClock, decoder }),
    performer: new Performer({ seed: 1 }),
    ...{ holesMs: [], holdsMs: [], heldBefore: 0, decodedAfter: 0, spokenAfter: 0 },
  };
}

/** Draws a picture every 40 ms and notes how long one was held. */
async function drawPictures(
  session: Session,
  signal: AbortSignal,
  killedMs: () => number,
): Promise<void> {
  const { face, performer } = session;
  const frame = new Uint8Array((face.widthPx * face.heightPx * 3) / 2);
  const startedMs = systemClock.nowMs();
  let heldInRow = 0;
  for (let picture = 1; !signal.aborted; picture += 1) {
    const before = { ...face.counters };
    face.render(performer.poseAt(systemClock.nowMs()), frame);
    const after = systemClock.nowMs() >= killedMs();
    const held = face.counters.held > before.held;
    if (held) {
      heldInRow += 1;
      session.heldBefore += after ? 0 : 1;
    } else if (heldInRow > 0) {
      if (after) {
        session.holdsMs.push(heldInRow * PICTURE_MS);
      }
      heldInRow = 0;
    }
    session.decodedAfter += after && face.counters.decoded > before.decoded ? 1 : 0;
    await sleep(Math.max(0, startedMs + picture * PICTURE_MS - systemClock.nowMs()));
  }
}

/** Speaks sentence after sentence as a player would: sound that comes after it was due is a hole. */
async function speak(session: Session, signal: AbortSignal, killedMs: () => number): Promise<void> {
  const { voice, performer } = session;
  while (!signal.aborted) {
    let dueMs: number | undefined;
    for await (const chunk of voice.synthesize(SENTENCE, VOICE, { signal })) {
      const nowMs = systemClock.nowMs();
      const after = nowMs >= killedMs();
      const lateMs = dueMs === undefined ? 0 : nowMs - dueMs;
      if (after && lateMs > HOLE_MS) {
        session.holesMs.push(lateMs);
      }
      const startMs = Math.max(nowMs, dueMs ?? nowMs);
      performer.speak(chunk.phonemes, startMs);
      dueMs = startMs + (chunk.samples.length * 1_000) / chunk.sampleRateHz;
      session.spokenAfter += after ? 1 : 0;
    }
    await sleep(Math.max(0, (dueMs ?? 0) - systemClock.nowMs()), undefined, { signal }).catch(
      () => undefined,
    );
  }
}
