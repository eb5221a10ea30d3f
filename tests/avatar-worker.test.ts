/** The avatar worker in real rooms, driven by the frameworks' own classes: @livekit/agents, and Python's livekit-agents. */
import { pythonAgents } from '#agents/avatar-worker/testing/python-agents.ts';
import { RemoteAgent, type Sound } from '#agents/avatar-worker/testing/remote-agent.ts';
import { roomToken, WorkerProcess } from '#agents/avatar-worker/testing/worker-process.ts';
import { randomUUID } from 'node:crypto';
import { RoomServiceClient } from 'livekit-server-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { AvatarViewer } from './avatar-viewer.ts';
import { SPEECH_RATE_HZ, joined, synthesise } from './speech.ts';

const keys = { apiKey: inject('apiKey'), apiSecret: inject('apiSecret') };
const url = inject('livekitUrl');
const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), keys.apiKey, keys.apiSecret);
const SENTENCE = 'My father baked bread every morning before the boats went out.';

let worker: WorkerProcess;
let speech: Int16Array;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [worker, [speech = new Int16Array(0)]] = await Promise.all([
    WorkerProcess.start({ keys, capacity: 4 }),
    synthesise(SENTENCE),
  ]);
});
afterAll(() => worker.close());
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) {
    await close();
  }
});

interface Scene {
  room: string;
  avatarId: string;
  agent: RemoteAgent;
  viewer: AvatarViewer;
}

async function makeRoom(): Promise<string> {
  const room = `avatar_${randomUUID()}`;
  await rooms.createRoom({ name: room, emptyTimeout: 60 });
  closing.push(() => rooms.deleteRoom(room).catch(() => undefined));
  return room;
}

async function enterAvatar(room: string): Promise<string> {
  const { id } = await worker.enter({
    livekitUrl: url,
    token: await roomToken(keys, { room, identity: 'avatar', agent: true, onBehalf: 'agent' }),
    avatar: 'ada',
  });
  return id;
}

/** A room with an avatar, its agent, and somebody who watches. */
async function scene(python?: string): Promise<Scene> {
  const room = await makeRoom();
  const avatarId = await enterAvatar(room);
  const viewer = await AvatarViewer.join(url, await roomToken(keys, { room, identity: 'viewer' }));
  closing.push(() => viewer.close());
  const agent = await RemoteAgent.start({
    url,
    token: await roomToken(keys, { room, identity: 'agent', agent: true }),
    avatar: 'avatar',
    python,
  });
  closing.push(() => agent.close());
  return { room, avatarId, agent, viewer };
}

const lengthMs = (samples: Int16Array): number => (samples.length * 1_000) / SPEECH_RATE_HZ;
const mono = (samples: Int16Array): Sound => ({
  samples,
  sampleRateHz: SPEECH_RATE_HZ,
  channels: 1,
});

describe.each([
  { framework: '@livekit/agents', python: undefined, absent: false },
  {
    framework: 'Python’s livekit-agents (npm run avatar-worker -- --help tells how to install it)',
    python: pythonAgents(),
    absent: pythonAgents() === undefined,
  },
])('an agent of $framework', ({ python, absent }) => {
  it.skipIf(absent)('is heard and seen to speak, and told when it began and ended', async () => {
    const { agent, viewer } = await scene(python);
    await viewer.listenFor(1_500);
    const restToMs = performance.now();
    const heard = viewer.untilAudible();
    await agent.say(mono(speech));
    const started = await agent.until('started');
    const beganMs = await heard;
    const finished = await agent.until('finished');
    await viewer.listenFor(500);

    expect(started.atMs).toBeLessThan(finished.atMs);
    expect(finished.interrupted).toBe(false);
    expect(Math.abs(finished.positionS * 1_000 - lengthMs(speech))).toBeLessThanOrEqual(20);
    // It was played at its own pace, most of it audible.
    expect(viewer.audibleMs(beganMs, performance.now())).toBeGreaterThan(0.6 * lengthMs(speech));
    const atRest = viewer.mouthChange(0, restToMs);
    const speaking = viewer.mouthChange(beganMs, beganMs + lengthMs(speech));
    expect(speaking).toBeGreaterThan(4 * atRest);
  });

  it.skipIf(absent)('interrupts within 200 ms and is told how far it came', async () => {
    const { agent, viewer } = await scene(python);
    const whole = joined([speech, speech, speech]);
    const tookMs: number[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const audible = viewer.untilAudible();
      await agent.say(mono(whole));
      const beganMs = await audible;
      await viewer.listenFor(1_000);
      const clearedMs = performance.now();
      agent.clear();
      const finished = await agent.until('finished', round);
      tookMs.push(finished.atMs - clearedMs);
      expect(finished.interrupted).toBe(true);
      const playedMs = finished.positionS * 1_000;
      expect(playedMs).toBeGreaterThan(800);
      expect(playedMs).toBeLessThan(finished.atMs - beganMs + 500);
      await viewer.listenFor(1_500);
      // The rest, ten seconds, is not heard: what came a little later was on its way.
      expect(viewer.audibleMs(finished.atMs + 500, performance.now())).toBe(0);
    }
    // The machine may be busy with other things for one of them.
    expect(Math.min(...tookMs)).toBeLessThan(200);

    // The next answer is a new segment, whole.
    await agent.say(mono(speech));
    const next = await agent.until('finished', 4);
    expect(next.interrupted).toBe(false);
    expect(Math.abs(next.positionS * 1_000 - lengthMs(speech))).toBeLessThanOrEqual(20);
  });

  it.skipIf(absent)('has each of its segments reported, in any format', async () => {
    const { agent } = await scene(python);
    const sounds: Sound[] = [
      { samples: tone(48_000, 2, 500), sampleRateHz: 48_000, channels: 2 },
      { samples: tone(8_000, 1, 300), sampleRateHz: 8_000, channels: 1 },
      { samples: tone(44_100, 1, 400), sampleRateHz: 44_100, channels: 1 },
    ];
    for (const [index, sound] of sounds.entries()) {
      await agent.say(sound);
      await agent.until('sent', index + 1);
    }
    const last = await agent.until('finished', 3);
    const positions = agent.events.flatMap((event) =>
      event.event === 'finished' ? [Math.round(event.positionS * 100) / 100] : [],
    );
    expect(positions).toEqual([0.5, 0.3, 0.4]);
    expect(last.interrupted).toBe(false);
  });
});

function tone(sampleRateHz: number, channels: number, ms: number): Int16Array {
  const samples = new Int16Array(Math.round((sampleRateHz * ms) / 1_000) * channels);
  return samples.map((_, at) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 300 * Math.floor(at / channels)) / sampleRateHz)),
  );
}
