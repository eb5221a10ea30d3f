import {
  ENDED_FILE,
  HEADER_FILE,
  LIVE_FILES,
  LIVE_FOLDER,
  recordingFolder,
  storedName,
  writeJson,
  type RecordingState,
} from '#agents/dispatch/recording/layout.ts';
import { Sealer } from '#agents/dispatch/recording/sealed-file.ts';
import { AccessToken } from 'livekit-server-sdk';
import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type {
  CreateSessionResponse,
  Problem,
  RecordingsResponse,
  RecordingStatus,
} from './api-types.ts';
import { readRange } from './byte-range.ts';
import type { Composer } from './recording-composer.ts';
import { KEYS, SCENARIO, testSignaling, type TestSignalingOptions } from './testing.ts';

const NOW = new Date('2026-06-15T12:00:00.000Z');
const DAY_MS = 86_400_000;
const VIDEO = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));

/** Time that a test moves. */
function clock(): { now: () => Date; add: (ms: number) => void } {
  let ms = NOW.getTime();
  return {
    now: () => new Date(ms),
    add: (more) => {
      ms += more;
    },
  };
}

/** A composer that leaves a video, or what it is told to. */
class TestComposer implements Composer {
  readonly composed: string[] = [];
  root = '';
  outcome: 'ready' | 'failed' | 'dies' = 'ready';
  onStarted: (onProgress: (progress: number) => void) => Promise<void> = () => Promise.resolve();

  async compose(
    sessionId: string,
    { onProgress }: { onProgress: (progress: number) => void },
  ): Promise<void> {
    this.composed.push(sessionId);
    await this.onStarted(onProgress);
    if (this.outcome !== 'dies') {
      const attempts = this.composed.filter((id) => id === sessionId).length;
      await leaveState(this.root, sessionId, { status: this.outcome, attempts });
    }
  }
}

async function leaveState(
  root: string,
  sessionId: string,
  state: Pick<RecordingState, 'status' | 'attempts'>,
): Promise<void> {
  await writeJson(recordingFolder(root, sessionId), 'state.json', {
    ...state,
    ...(state.status === 'failed' ? { code: 'FFMPEG_FAILED' } : {}),
    lengthMs: 40,
    complete: true,
    files: [{ name: 'call.mp4', bytes: VIDEO.length }],
  } satisfies RecordingState);
}

/** A session whose job has begun to record. */
async function recorded(options: TestSignalingOptions & { sealed?: boolean } = {}) {
  const time = clock();
  const composer = new TestComposer();
  const { recordingKey } = options;
  const system = await testSignaling({ composer, now: time.now, ...options });
  const root = join(system.folder, 'recordings');
  composer.root = root;
  const created = await system.app.inject({
    method: 'POST',
    url: '/api/sessions',
    payload: { scenarioId: SCENARIO.id, consent: { recording: true } },
  });
  const { sessionId, token } = created.json<CreateSessionResponse>();
  const folder = recordingFolder(root, sessionId);
  const live = join(folder, LIVE_FOLDER);
  await mkdir(live, { recursive: true });
  await writeJson(folder, HEADER_FILE, {
    version: 1,
    sessionId,
    startedAt: time.now().toISOString(),
    face: 'ada',
    personaName: 'Ada',
    language: 'en',
    framesPerSecond: 25,
    avatarRateHz: 16_000,
    learnerRateHz: 16_000,
    sealed: recordingKey !== undefined,
  });
  const track = join(live, storedName(LIVE_FILES.avatar, recordingKey !== undefined));
  const write = async (): Promise<void> => {
    await writeFile(track, 'sound');
    await utimes(track, time.now(), time.now());
  };
  await write();
  const headers = { authorization: `Bearer ${token}` };
  const url = `/api/sessions/${sessionId}/recording`;
  return {
    ...system,
    ...{ time, composer, root, sessionId, folder, live, headers, url, write },
    status: async () => (await system.app.inject({ url, headers })).json<RecordingStatus>(),
    look: async () => {
      await system.recordings.look();
      await system.recordings.idle();
    },
  };
}

describe('Consent', () => {
  it.each([
    [{}, undefined],
    [{ consent: {} }, undefined],
    [{ consent: { recording: false } }, undefined],
    [{ consent: { recording: true } }, true],
  ])('%o tells the job to record: %s', async (body, recording) => {
    const { app, rooms } = await testSignaling();
    const payload = { scenarioId: SCENARIO.id, ...body };
    const answer = await app.inject({ method: 'POST', url: '/api/sessions', payload });
    expect(answer.json<CreateSessionResponse>().recording).toBe(recording ?? false);
    expect(rooms.opened[0]?.recording).toBe(recording);
  });

  it('is asked of nobody, and counts for nothing, where nothing is recorded', async () => {
    const { app, rooms } = await testSignaling({ recording: false });
    const catalogue = (await app.inject('/api/scenarios')).json<{ recordings: unknown }>();
    expect(catalogue.recordings).toBeNull();
    const payload = { scenarioId: SCENARIO.id, consent: { recording: true } };
    await app.inject({ method: 'POST', url: '/api/sessions', payload });
    expect(rooms.opened[0]?.recording).toBeUndefined();
  });

  it.each([{ recording: 'yes' }, { recording: true, camera: true }, true])(
    'of another shape is refused: %o',
    async (consent) => {
      const { app } = await testSignaling();
      const payload = { scenarioId: SCENARIO.id, consent };
      const answer = await app.inject({ method: 'POST', url: '/api/sessions', payload });
      expect(answer.json<Problem>().code).toBe('BODY_INVALID');
    },
  );
});

describe('A recording', () => {
  it('is composed when its job has closed it, and tells how far that is', async () => {
    const call = await recorded();
    await call.look();
    expect(call.composer.composed).toEqual([]);
    expect(await call.status()).toMatchObject({ status: 'recording', files: [] });
    await writeFile(join(call.live, ENDED_FILE), '{"complete":true}');
    let seen: RecordingStatus | undefined;
    call.composer.onStarted = async (onProgress) => {
      onProgress(0.4);
      seen = await call.status();
    };
    await call.look();
    expect(seen).toMatchObject({ status: 'composing', progress: 0.4 });
    expect(await call.status()).toMatchObject({ status: 'ready', progress: 1, cut: false });
    await call.look();
    expect(call.composer.composed).toEqual([call.sessionId]);
  });

  it('of a job that was killed is found by its silence', async () => {
    const call = await recorded();
    for (let second = 0; second < 20; second += 5) {
      call.time.add(5_000);
      await call.write();
      await call.look();
    }
    expect(call.composer.composed).toEqual([]);
    call.time.add(16_000);
    await call.look();
    expect(call.composer.composed).toEqual([call.sessionId]);
  });

  it.each(['failed', 'dies'] as const)('that %s is tried three times, with pauses', async (how) => {
    const call = await recorded();
    call.composer.outcome = how;
    await writeFile(join(call.live, ENDED_FILE), '{"complete":true}');
    for (let minute = 0; minute < 6; minute += 1) {
      await call.look();
      await call.look();
      call.time.add(61_000);
    }
    expect(call.composer.composed).toHaveLength(3);
    expect(await call.status()).toMatchObject({ status: 'failed' });
  });

  it('is deleted when its time has come, and not before', async () => {
    const call = await recorded();
    await leaveState(call.root, call.sessionId, { status: 'ready', attempts: 1 });
    call.time.add(30 * DAY_MS - 1_000);
    await call.look();
    expect(existsSync(call.folder)).toBe(true);
    call.time.add(3_600_000);
    await call.look();
    expect(existsSync(call.folder)).toBe(false);
  });

  it('goes when its learner says so, also during the call', async () => {
    const call = await recorded();
    const { app, headers, url } = call;
    const gone = await app.inject({ method: 'DELETE', url, headers });
    expect(gone.statusCode).toBe(204);
    expect(existsSync(call.folder)).toBe(false);
    const status = await app.inject({ url, headers });
    expect(status.json<Problem>().code).toBe('RECORDING_NONE');
    expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204);
  });

  it('is listed for operators and for nobody else', async () => {
    const call = await recorded();
    const operator = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'operator' });
    operator.addGrant({ roomList: true });
    const headers = { authorization: `Bearer ${await operator.toJwt()}` };
    const list = await call.app.inject({ url: '/api/recordings', headers });
    expect(list.json<RecordingsResponse>().recordings).toMatchObject([
      { sessionId: call.sessionId, status: 'recording' },
    ]);
    const refused = await call.app.inject({ url: '/api/recordings', headers: call.headers });
    expect(refused.json<Problem>().code).toBe('TOKEN_INVALID');
  });
});

describe('A file of a recording', () => {
  const key = Buffer.alloc(32, 7);

  async function ready(recordingKey?: Buffer) {
    const call = await recorded(recordingKey === undefined ? {} : { recordingKey });
    const sealer = recordingKey && new Sealer(recordingKey, `${call.sessionId}/call.mp4`);
    const stored =
      sealer === undefined
        ? VIDEO
        : Buffer.concat([
            sealer.head,
            ...[0, 300, 600, 900].map((at) => sealer.seal(VIDEO.subarray(at, at + 300))),
            sealer.seal(new Uint8Array(0), { last: true }),
          ]);
    const name = storedName('call.mp4', recordingKey !== undefined);
    await writeFile(join(call.folder, name), stored);
    await leaveState(call.root, call.sessionId, { status: 'ready', attempts: 1 });
    const [file] = (await call.status()).files;
    return { ...call, address: file!.url };
  }

  it.each([
    ['plain', undefined],
    ['sealed', key],
  ])('comes whole and by ranges: %s', async (_how, recordingKey) => {
    const { app, address } = await ready(recordingKey);
    const whole = await app.inject(address);
    expect([whole.statusCode, whole.headers['content-type']]).toEqual([200, 'video/mp4']);
    expect(whole.headers['accept-ranges']).toBe('bytes');
    expect(whole.rawPayload.equals(VIDEO)).toBe(true);
    for (const [range, start, end] of [
      ['bytes=0-0', 0, 1],
      ['bytes=250-649', 250, 650],
      ['bytes=900-', 900, 1_000],
      ['bytes=-100', 900, 1_000],
      ['bytes=990-5000', 990, 1_000],
    ] as const) {
      const part = await app.inject({ url: address, headers: { range } });
      expect([range, part.statusCode]).toEqual([range, 206]);
      const held = `bytes ${String(start)}-${String(end - 1)}/1000`;
      expect(part.headers['content-range']).toBe(held);
      expect(part.rawPayload.equals(VIDEO.subarray(start, end))).toBe(true);
    }
    const beyond = await app.inject({ url: address, headers: { range: 'bytes=1000-' } });
    expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, 'bytes */1000']);
  });

  it('is refused with a forged, foreign or old ticket, and without any', async () => {
    const one = await ready();
    const { app, address, time } = one;
    const [path = ''] = address.split('?');
    const codes = async (url: string): Promise<string> =>
      (await app.inject(url)).json<Problem>().code;
    expect(await codes(path)).toBe('TOKEN_MISSING');
    expect(await codes(`${path}?ticket=9999999999.${'a'.repeat(43)}`)).toBe('TOKEN_INVALID');
    expect(await codes(`${path}?ticket=a&ticket=b`)).toBe('TOKEN_MISSING');
    const other = await app.inject({
      method: 'POST',
      url: '/api/sessions',
      payload: { scenarioId: SCENARIO.id },
    });
    const { sessionId } = other.json<CreateSessionResponse>();
    expect(await codes(address.replace(one.sessionId, sessionId))).toBe('TOKEN_INVALID');
    time.add(3_601_000);
    expect(await codes(address)).toBe('TOKEN_EXPIRED');
  });

  it.each(['state.json', 'recording.json', '..%2Fsecret', 'live%2Favatar.wav', 'learner.wav'])(
    'is one of those that are listed: %s is not',
    async (name) => {
      const { app, url, headers } = await ready();
      const answer = await app.inject({ url: `${url}/${name}`, headers });
      expect(answer.json<Problem>().code).toBe('RECORDING_FILE_UNKNOWN');
    },
  );

  it('that cannot be read says why', async () => {
    const { app, address, folder } = await ready(key);
    await writeFile(join(folder, 'call.mp4.sealed'), 'nonsense');
    const answer = await app.inject(address);
    expect(answer.json<Problem>()).toMatchObject({ code: 'RECORDING_UNREADABLE', status: 500 });
  });
});

it.each([undefined, 'bytes=', 'bytes=-', 'bytes=0-1,4-5', 'items=0-4', 'bytes=5-2', 'bytes=a-b'])(
  'a range that is none is answered with the whole file: %s',
  (header) => {
    expect(readRange(header, 1_000)).toBeUndefined();
  },
);
