/**
 * A call whose face and voice come from inference runtimes, in a real room, while one of the two runtimes is killed in
 * mid-sentence: the sound goes on without a hole, the picture goes on, and the call is reported as if nothing had been.
 */
import { readEnvironment } from '#config/environment.ts';
import { calibrateAvatar } from '#gpu-runtime/avatars/calibrate.ts';
import { bakeMouths } from '#gpu-runtime/avatars/bake.ts';
import { prepareSample, whyNoSample } from '#gpu-runtime/testing/sample-avatar.ts';
import { startRuntimeProcess, type TestRuntime } from '#gpu-runtime/testing/runtime-process.ts';
import {
  makeToneVoices,
  whyNoToneVoices,
  type ToneVoices,
} from '#gpu-runtime/testing/tone-voices.ts';
import { Progress } from '#launch/progress.ts';
import { startSystem, type RunningSystem } from '#launch/system.ts';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Call } from './call.ts';
import { AUDIBLE_RMS, HeadlessLearner } from './headless-learner.ts';

const AVATAR = 'sample';
/** Beside the ports of the system that the other tests use. */
const PORTS = {
  PORT: '19080',
  LIVEKIT_PORT: '19880',
  LIVEKIT_TCP_PORT: '19881',
  LIVEKIT_UDP_PORT: '19882',
  WORKER_PORT: '19081',
};
/** A pause inside a sentence is shorter; a subscriber that loses a whole sentence to a dead engine hears more. */
const LONGEST_PAUSE_MS = 1_200;
/** Half a second of pictures: a face that froze would show less. */
const PICTURES = 12;

/** Requests for mouths that a runtime has answered. */
async function answered({ httpUrl }: TestRuntime): Promise<number> {
  const metrics = await (await fetch(`${httpUrl}/metrics`)).text();
  const line =
    /^understudy_requests_total\{[^}]*model="face"[^}]*outcome="succeeded"[^}]*\} (\d+)/mu;
  return Number(line.exec(metrics)?.[1] ?? 0);
}

const why = whyNoSample();

describe.skipIf(why !== undefined)(
  `engines of two runtimes${why === undefined ? '' : ` (${why})`}`,
  () => {
    let folder: string;
    let voices: ToneVoices | undefined;
    const runtimes: TestRuntime[] = [];
    let system: RunningSystem;
    let call: Call;
    let learner: HeadlessLearner;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'understudy-served-'));
      const avatars = join(folder, 'avatars');
      await prepareSample(avatars, AVATAR, 4);
      await calibrateAvatar({ folder: join(avatars, AVATAR), generations: 2 });
      await bakeMouths({ folder: join(avatars, AVATAR) });
      voices = whyNoToneVoices() === undefined ? await makeToneVoices() : undefined;
      const models = join(folder, 'models');
      for (const name of voices === undefined ? ['face'] : ['face', 'piper']) {
        await cp(join('gpu-runtime', 'models', name), join(models, name), { recursive: true });
      }
      const served = { ...voices?.environment, UNDERSTUDY_AVATARS: avatars };
      Object.assign(process.env, served);
      runtimes.push(await startRuntimeProcess(models), await startRuntimeProcess(models));
      const environment = readEnvironment({
        UNDERSTUDY_DATA: process.env['UNDERSTUDY_DATA'],
        ...PORTS,
        ...served,
        UNDERSTUDY_RUNTIME: runtimes.map(({ grpcAddress }) => grpcAddress).join(','),
        UNDERSTUDY_RECOGNITION: 'none',
        UNDERSTUDY_LLM: 'scripted',
      });
      system = await startSystem({
        progress: new Progress({ quiet: true }),
        environment,
        apart: true,
      });
    });

    afterEach(async () => {
      await learner.close();
      await call.end();
    });

    afterAll(async () => {
      await system.stop();
      await Promise.allSettled(runtimes.map((runtime) => runtime.kill()));
      await voices?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    it('speaks and shows on when the runtime that serves it dies in mid-sentence', async () => {
      call = await Call.start(system.pageUrl, 'first-interview', { avatar: `neural/${AVATAR}` });
      learner = await HeadlessLearner.join(call.session);
      await learner.untilGreeted();

      const sounds: number[] = [];
      const pictures: number[] = [];
      learner.on('sound', ({ rms, atMs }) => {
        if (rms > AUDIBLE_RMS) {
          sounds.push(atMs);
        }
      });
      const speaking = learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
      await learner.type('I worked as a teacher for six years and I like working with people.');
      await speaking;
      const counts = await Promise.all(runtimes.map(answered));
      const serving = counts[0]! > counts[1]! ? 0 : 1;
      const left = runtimes[1 - serving]!;
      const before = await answered(left);
      await runtimes[serving]!.kill();
      const killedMs = performance.now();
      learner.on('picture', ({ atMs }) => {
        pictures.push(atMs);
      });
      await learner.untilSpoken(1);
      expect(pictures.length).toBeGreaterThan(PICTURES);
      const pauses = sounds.slice(1).map((atMs, index) => atMs - sounds[index]!);
      expect(Math.max(...pauses)).toBeLessThan(LONGEST_PAUSE_MS);
      expect(sounds.at(-1)).toBeGreaterThan(killedMs);

      // The runtime that is left answers the next turn.
      await learner.type('I would like to lead a small team.');
      expect(await learner.untilSpoken(2)).not.toBe('');
      expect(await answered(left)).toBeGreaterThan(before);
      const report = await call.endAndReport();
      expect(report.transcript.filter(({ speaker }) => speaker === 'learner')).toHaveLength(2);
      expect(report.transcript.filter(({ speaker }) => speaker === 'avatar')).toHaveLength(3);
    });
  },
);
