/** A call that its learner agreed to record: tracks, video and transcript afterwards; and one that nobody agreed to. */
import { decodeWav } from '#agents/engines/wav.ts';
import type { Report } from '#agents/dispatch/report.ts';
import type { RecordedTurn } from '#agents/dispatch/recording/layout.ts';
import type { RecordingStatus } from '#signaling/api-types.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { HeadlessLearner } from './headless-learner.ts';
import { lagMs, onsetMs, probe, soundOf } from '#media/testing/media-probe.ts';
import { synthesise } from './speech.ts';

const SAID = 'I worked as a teacher for six years and I like working with people.';
/** Half a picture and the rounding of a frame of sound. */
const ALIGNED_MS = 40;
/** The avatar's track is silent where it is; a turn of it begins softly. The learner's came through a codec. */
const AUDIBLE_RMS = { avatar: 60, learner: 300 } as const;
/** Comparing sound needs no more than speech has. */
const COMPARED_RATE_HZ = 8_000;

describe('A call with consent', () => {
  let call: Call;
  let learner: HeadlessLearner;
  let report: Report;
  let recording: RecordingStatus;
  let folder: string;
  let indicator: string | undefined;

  const fetched = async (name: string): Promise<Buffer> => {
    const { url } = recording.files.find((file) => file.name === name)!;
    const answer = await fetch(`${inject('pageUrl')}${url}`);
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-recording-test-'));
    const [speech] = await synthesise(SAID);
    call = await Call.start(inject('pageUrl'), 'first-interview', { consent: { recording: true } });
    learner = await HeadlessLearner.join(call.session);
    await learner.untilGreeted();
    indicator = learner.agent?.attributes['understudy.recording'];
    await learner.speak(speech!);
    await learner.untilSpoken(1);
    report = await call.endAndReport();
    await learner.close();
    recording = await eventually(async () => {
      const answer = await call.ask('/recording');
      const found = (await answer.json()) as RecordingStatus;
      return found.status === 'ready' || found.status === 'failed' ? found : undefined;
    });
    for (const { name } of recording.files) {
      await writeFile(join(folder, name), await fetched(name));
    }
  }, 180_000);

  afterAll(async () => {
    await call.ask('/recording', 'DELETE');
    await learner.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('says in the room that it is recorded', () => {
    expect(indicator).toBe('on');
    expect(call.session.recording).toBe(true);
  });

  it('leaves a video with picture, sound and captions as long as the call', async () => {
    expect(recording).toMatchObject({ status: 'ready', cut: false });
    const { durationS, streams } = await probe(join(folder, 'call.mp4'));
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac', 'mov_text']);
    expect(streams[0]).toMatchObject({ width: 848, height: 480 });
    expect(Math.abs(durationS - report.durationMs / 1_000)).toBeLessThan(0.2);
  });

  it('has both voices in it, each where its own track has it', async () => {
    const video = join(folder, 'call.mp4');
    const sides = { avatar: 0, learner: 1 } as const;
    for (const name of ['avatar', 'learner'] as const) {
      const track = await soundOf(join(folder, `${name}.wav`), COMPARED_RATE_HZ);
      const mixed = await soundOf(video, COMPARED_RATE_HZ, sides[name]);
      // Where that voice speaks, the mix is that voice.
      const turn = report.transcript.find(({ speaker }) => speaker === name)!;
      const span = (sound: Int16Array): Int16Array =>
        sound.subarray(
          (turn.startMs * COMPARED_RATE_HZ) / 1_000,
          (turn.endMs * COMPARED_RATE_HZ) / 1_000,
        );
      const { lagMs: lag, likeness } = lagMs(span(track), span(mixed), COMPARED_RATE_HZ);
      expect(likeness, name).toBeGreaterThan(0.9);
      expect(Math.abs(lag), name).toBeLessThanOrEqual(ALIGNED_MS);
    }
  });

  it('has a transcript that says when each voice began', async () => {
    const { turns } = JSON.parse((await fetched('transcript.json')).toString()) as {
      turns: RecordedTurn[];
    };
    expect(turns.map(({ text }) => text)).toEqual(report.transcript.map(({ text }) => text));
    for (const [index, { speaker, startMs, endMs, text }] of turns.entries()) {
      const { samples, sampleRateHz } = decodeWav(await fetched(`${speaker}.wav`));
      // A murmur may come right before an answer; before the greeting and the learner there is silence.
      const quietMs = speaker === 'avatar' && index > 0 ? ALIGNED_MS / 2 : 300;
      const fromMs = Math.max(0, startMs - quietMs);
      const heardMs = onsetMs(samples, sampleRateHz, fromMs, AUDIBLE_RMS[speaker]);
      expect(Math.abs(heardMs - startMs), `${speaker}: ${text}`).toBeLessThanOrEqual(ALIGNED_MS);
      expect(endMs).toBeGreaterThan(startMs);
    }
    const captions = (await fetched('call.vtt')).toString();
    expect(captions.match(/-->/gu)).toHaveLength(turns.length);
  });

  it('gives ranges, to its learner alone', async () => {
    const whole = await fetched('learner.wav');
    const range = await call.ask('/recording/learner.wav', 'GET', { range: 'bytes=44-1043' });
    expect(range.status).toBe(206);
    expect(Buffer.from(await range.arrayBuffer()).equals(whole.subarray(44, 1_044))).toBe(true);
    const { url } = recording.files[0]!;
    const forged = await fetch(`${inject('pageUrl')}${url.slice(0, -3)}abc`);
    expect(forged.status).toBe(401);
  });
});

describe('A call without consent', () => {
  it('leaves no recording', async () => {
    const call = await Call.start(inject('pageUrl'), 'first-interview');
    const learner = await HeadlessLearner.join(call.session);
    await learner.untilGreeted();
    expect(learner.agent?.attributes['understudy.recording']).toBeUndefined();
    await call.endAndReport();
    await learner.close();
    const answer = await call.ask('/recording');
    expect(await answer.json()).toMatchObject({ code: 'RECORDING_NONE' });
  });
});
