/** The avatar worker in real rooms, driven by the frameworks' own classes: @livekit/agents, and Python's livekit-agents. */
import { pythonAgents } from '#agents/avatar-worker/testing/python-agents.ts';
import { RemoteAgent, type Sound } from '#agents/avatar-worker/testing/remote-agent.ts';
import { roomToken, WorkerProcess } from '#agents/avatar-worker/testing/worker-process.ts';
import { UnderstudyAvatarSession } from '#agents/avatar-session/understudy-avatar-session.ts';
import { serviceToken, type AvatarWorkerState } from '#agents/dispatch/avatar-service.ts';
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { SessionVoice } from '#agents/voice/session-voice.ts';
import { initializeLogger, voice } from '@livekit/agents';
import { Room } from '@livekit/rtc-node';
import { randomUUID } from 'node:crypto';
import { RoomServiceClient } from 'livekit-server-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { AvatarViewer } from './avatar-viewer.ts';
import { eventually } from './eventually.ts';
import { SPEECH_RATE_HZ, joined, synthesise } from './speech.ts';

const keys = { apiKey: inject('apiKey'), apiSecret: inject('apiSecret') };
const url = inject('livekitUrl');
const rooms = new RoomServiceClient(url.replace(/^ws/, 'http'), keys.apiKey, keys.apiSecret);
const SENTENCE = 'My father baked bread every morning before the boats went out.';

let worker: WorkerProcess;
let speech: Int16Array;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const [started, [spoken = new Int16Array(0)]] = await Promise.all([
    WorkerProcess.start({ keys, capacity: 4 }),
    synthesise(SENTENCE),
  ]);
  worker = started;
  // Without the pause that voices begin with: what is played is then what is heard.
  speech = spoken.slice(spoken.findIndex((sample) => Math.abs(sample) > 500));
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
    framework: 'Python’s livekit-agents',
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
      const before = viewer.heardFrames;
      await agent.say(mono(whole));
      await audible;
      await viewer.listenFor(1_000);
      const clearedMs = performance.now();
      agent.clear();
      const finished = await agent.until('finished', round);
      tookMs.push(finished.atMs - clearedMs);
      expect(finished.interrupted).toBe(true);
      await viewer.listenFor(1_500);
      // The rest, ten seconds, is not heard. What was reported was heard, with the gaps that a busy machine adds.
      const heardMs = viewer.spanMs(before);
      const reportedMs = finished.positionS * 1_000;
      expect(reportedMs).toBeGreaterThan(500);
      expect(reportedMs).toBeLessThan(heardMs + 500);
      expect(heardMs).toBeLessThan(reportedMs + 1_500);
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
      // A session, too, says the next only then; an output of @livekit/agents that has just been flushed would throw.
      await agent.until('finished', index + 1);
    }
    const positions = agent.events.flatMap((event) =>
      event.event === 'finished' ? [Math.round(event.positionS * 100) / 100] : [],
    );
    expect(positions).toEqual([0.5, 0.3, 0.4]);
    expect(agent.events.some((event) => event.event === 'finished' && event.interrupted)).toBe(
      false,
    );
  });
});

describe('our own avatar session', () => {
  it('gives an AgentSession a face on the worker with most room, and its phonemes to the mouth', async () => {
    const placed = await WorkerProcess.start({
      keys,
      capacity: 2,
      signalingUrl: inject('pageUrl'),
    });
    closing.push(() => placed.close());
    await eventually(async () => {
      const answer = await fetch(`${inject('pageUrl')}/api/avatar-workers`, {
        headers: { authorization: `Bearer ${await serviceToken(keys, 'test')}` },
      });
      const { workers } = (await answer.json()) as { workers: AvatarWorkerState[] };
      return workers.find(({ address }) => address === placed.address);
    });
    const name = await makeRoom();
    const room = new Room();
    closing.push(() => room.disconnect());
    await room.connect(url, await roomToken(keys, { room: name, identity: 'agent', agent: true }), {
      autoSubscribe: true,
      dynacast: false,
    });
    initializeLogger({ pretty: false, level: 'silent' });
    const engine = new FliteTextToSpeech();
    closing.push(() => engine.close());
    const session = new voice.AgentSession({ tts: new SessionVoice(engine, 'en-clara') });
    const avatar = new UnderstudyAvatarSession({
      avatarsUrl: `${inject('pageUrl')}/api/avatars`,
      livekitUrl: url,
      keys,
    });
    const { id } = await avatar.start(session, room, { avatar: 'ada' });
    await avatar.waitForJoin();
    await session.start({
      agent: new voice.Agent({ instructions: 'None.' }),
      room,
      inputOptions: { audioEnabled: false, textEnabled: false },
      record: false,
    });
    const viewer = await AvatarViewer.join(
      url,
      await roomToken(keys, { room: name, identity: 'viewer' }),
    );
    closing.push(() => viewer.close());
    const audible = viewer.untilAudible();
    const said = session.say(SENTENCE);
    await audible;
    await said.waitForPlayout();
    const performing = (await placed.list()).find((one) => one.id === id);
    expect(performing).toMatchObject({ avatar: 'ada', agentIdentity: 'agent' });
    expect(performing!.figures.toldMarks).toBeGreaterThan(20);
    await session.close();
    await avatar.aclose();
    // The avatar was shown out of the room, and its place is free again.
    await eventually(async () => ((await placed.health()).active === 0 ? true : undefined));
  });
});

describe('a worker', () => {
  it('keeps the avatars of one process apart, and outlives agents that send nonsense or die', async () => {
    const good = await scene();
    const bad = await scene();
    const whole = joined([speech, speech]);
    await good.agent.say(mono(whole));
    await good.agent.until('started');

    // Somebody in the other room who is not the agent is not listened to; the agent's own nonsense harms itself alone.
    const stranger = await rawAgent(bad.room, 'stranger');
    await stranger.send({ sample_rate: '24000', num_channels: '1' }, new Uint8Array(48_000));
    await bad.agent.close();
    const agent = await rawAgent(bad.room, 'agent');
    const bytes = new Uint8Array(9_601).map((_, at) => (at * 7_919) % 256);
    await agent.send({ sample_rate: 'loud', num_channels: '1' }, bytes);
    await agent.send({}, bytes);
    await agent.send({ sample_rate: '192000', num_channels: '8' }, bytes);
    await agent.send({ sample_rate: '24000', num_channels: '1' }, bytes);
    await agent.room.localParticipant!.sendText('{"segment": "all"}', {
      topic: 'understudy.marks',
      destinationIdentities: ['avatar'],
    });
    // A stream that never ends, then more than anybody may send, then the agent is gone in mid-stream.
    await agent.open({ sample_rate: '24000', num_channels: '1' }, bytes);
    await agent.send({ sample_rate: '48000', num_channels: '2' }, new Uint8Array(8_000_000));
    await agent.room.disconnect();

    const finished = await good.agent.until('finished');
    expect(finished.interrupted).toBe(false);
    expect(Math.abs(finished.positionS * 1_000 - lengthMs(whole))).toBeLessThanOrEqual(20);
    // Its avatar waits for an agent to come back, and serves it.
    const back = await RemoteAgent.start({
      url,
      token: await roomToken(keys, { room: bad.room, identity: 'agent', agent: true }),
      avatar: 'avatar',
    });
    closing.push(() => back.close());
    await back.say(mono(speech));
    const served = await back.until('finished');
    expect(Math.abs(served.positionS * 1_000 - lengthMs(speech))).toBeLessThanOrEqual(20);
    expect(worker.ended).toBe(false);
  });

  it('refuses what it cannot do, with a code', async () => {
    const ask = async (body: object): Promise<[number, string]> => {
      const answer = await worker.request('/v1/avatars', { method: 'POST', body });
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    const token = await roomToken(keys, { room: 'no-such-room', identity: 'avatar' });
    const wanted = { livekitUrl: url, token, avatar: 'ada' };
    expect(await ask({ ...wanted, avatar: 'nobody' })).toEqual([404, 'AVATAR_UNKNOWN']);
    expect(await ask({ ...wanted, token: `${token}x` })).toEqual([422, 'ROOM_REFUSED']);
    expect(await ask({ ...wanted, livekitUrl: 'file:///etc' })).toEqual([400, 'BODY_INVALID']);
    const stranger = await fetch(`${worker.address}/v1/avatars`);
    expect(stranger.status).toBe(401);
  });

  it('drains: takes no new avatar, finishes the running one, and ends', async () => {
    const own = await WorkerProcess.start({ keys, capacity: 2 });
    closing.push(() => own.close());
    const room = await makeRoom();
    const request = {
      livekitUrl: url,
      token: await roomToken(keys, { room, identity: 'avatar', onBehalf: 'agent' }),
      avatar: 'ada',
    };
    const { id } = await own.enter(request);
    own.drain();
    const draining = await eventually(async () => {
      const health = await own.health();
      return health.status === 'draining' ? health : undefined;
    });
    expect(draining.active).toBe(1);
    const refused = await own.request('/v1/avatars', { method: 'POST', body: request });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      503,
      'DRAINING',
    ]);
    expect((await own.request(`/v1/avatars/${id}`, { method: 'DELETE' })).status).toBe(204);
    await own.untilEnded();
  });
});

/** An agent without a framework, which can also do what no framework does. */
async function rawAgent(roomName: string, identity: string) {
  const room = new Room();
  closing.push(() => room.disconnect());
  const token = await roomToken(keys, { room: roomName, identity, agent: true });
  await room.connect(url, token, { autoSubscribe: false, dynacast: false });
  const open = async (attributes: Record<string, string>, bytes: Uint8Array) => {
    const writer = await room.localParticipant!.streamBytes({
      name: 'sound',
      topic: 'lk.audio_stream',
      destinationIdentities: ['avatar'],
      attributes,
    });
    await writer.write(bytes);
    return writer;
  };
  return {
    room,
    open,
    send: async (attributes: Record<string, string>, bytes: Uint8Array): Promise<void> => {
      await (await open(attributes, bytes)).close();
    },
  };
}

function tone(sampleRateHz: number, channels: number, ms: number): Int16Array {
  const samples = new Int16Array(Math.round((sampleRateHz * ms) / 1_000) * channels);
  return samples.map((_, at) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 300 * Math.floor(at / channels)) / sampleRateHz)),
  );
}
