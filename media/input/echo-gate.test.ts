import { mixed, randomNumbers, RoomAcoustics } from '#media/testing/room-acoustics.ts';
import { voiceLike } from '#media/testing/voice-like.ts';
import { describe, expect, it } from 'vitest';
import { EchoGate } from './echo-gate.ts';

const RATE_HZ = 16_000;
const FRAME_SAMPLES = RATE_HZ / 100;
const samplesOf = (ms: number): number => Math.round((ms * RATE_HZ) / 1_000);

interface Scene {
  avatar: Int16Array;
  /** What the learner says, by itself. */
  learner?: Int16Array;
  /** Level of the loudspeakers at the microphone from a given time on; none without. */
  loudspeakers?: { gainDb: number; delayMs: number };
  playedRateHz?: number;
}

/** A room with a little noise in it, for as long as the avatar's sound lasts. */
function play({ avatar, learner, loudspeakers, playedRateHz = RATE_HZ }: Scene) {
  const gate = new EchoGate({ playedRateHz, heardRateHz: RATE_HZ });
  const random = randomNumbers(5);
  const noise = Float32Array.from(avatar, () => 40 * (random() - 0.5));
  const echo =
    loudspeakers === undefined
      ? undefined
      : new RoomAcoustics({ sampleRateHz: RATE_HZ, ...loudspeakers }).hear(avatar);
  const quiet = mixed(new Int16Array(avatar.length), noise);
  const spoken = learner === undefined ? quiet : mixed(quiet, learner);
  const microphone = echo === undefined ? spoken : mixed(spoken, echo);
  const heard: number[] = [];
  let nowMs = 123_456;
  const scale = playedRateHz / RATE_HZ;
  for (let at = 0; at + FRAME_SAMPLES <= avatar.length; at += FRAME_SAMPLES) {
    const left = Int16Array.from(
      { length: FRAME_SAMPLES * scale },
      (_, index) => avatar[at + Math.floor(index / scale)]!,
    );
    gate.play(left, nowMs);
    heard.push(...gate.hear(microphone.subarray(at, at + FRAME_SAMPLES), nowMs));
    nowMs += 10;
  }
  return { gate, heard: Int16Array.from(heard), microphone };
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

function loudFrames(samples: Int16Array, aboveRms: number): number {
  let count = 0;
  for (let at = 0; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES) {
    count += rms(samples.subarray(at, at + FRAME_SAMPLES)) > aboveRms ? 1 : 0;
  }
  return count;
}

/** Half a second of silence, then a voice, then a second of silence. */
function utterance(seed: number, lengthMs: number, beforeMs = 500): Int16Array {
  const sound = new Int16Array(samplesOf(beforeMs + lengthMs + 1_000));
  sound.set(voiceLike({ seed, lengthMs, sampleRateHz: RATE_HZ }), samplesOf(beforeMs));
  return sound;
}

describe('The avatar’s own voice', () => {
  it.each([
    { gainDb: -6, delayMs: 120 },
    { gainDb: -12, delayMs: 250 },
    { gainDb: -20, delayMs: 400 },
    { gainDb: -20, delayMs: 60 },
  ])('at $gainDb dB after $delayMs ms is not heard, from its first sound on', (loudspeakers) => {
    const { gate, heard, microphone } = play({ avatar: utterance(1, 6_000), loudspeakers });
    expect(gate.state).toBe('echo');
    expect(heard.length).toBe(microphone.length);
    const echoRms = rms(microphone.subarray(samplesOf(1_000), samplesOf(6_500)));
    expect(loudFrames(heard, echoRms / 10)).toBeLessThanOrEqual(2);
    expect(gate.echo?.delayMs).toBeGreaterThanOrEqual(loudspeakers.delayMs - 20);
    expect(gate.echo?.delayMs).toBeLessThanOrEqual(loudspeakers.delayMs + 40);
  });

  it('is known whatever rate it is played at', () => {
    const loudspeakers = { gainDb: -12, delayMs: 150 };
    const { gate } = play({ avatar: utterance(1, 4_000), loudspeakers, playedRateHz: 48_000 });
    expect(gate.state).toBe('echo');
  });

  it('is heard no more where a learner took headphones', () => {
    const first = utterance(1, 4_000);
    const gate = new EchoGate({ playedRateHz: RATE_HZ, heardRateHz: RATE_HZ });
    const room = new RoomAcoustics({ sampleRateHz: RATE_HZ, gainDb: -10, delayMs: 100 });
    const random = randomNumbers(6);
    let nowMs = 0;
    const pass = (avatar: Int16Array, withRoom: boolean): void => {
      for (let at = 0; at + FRAME_SAMPLES <= avatar.length; at += FRAME_SAMPLES) {
        const left = avatar.slice(at, at + FRAME_SAMPLES);
        gate.play(left, nowMs);
        const echo = withRoom ? room.hear(left) : new Float32Array(FRAME_SAMPLES);
        gate.hear(
          Int16Array.from(echo, (sample) => Math.round(sample + 40 * (random() - 0.5))),
          nowMs,
        );
        nowMs += 10;
      }
    };
    pass(first, true);
    expect(gate.state).toBe('echo');
    pass(utterance(2, 4_000), false);
    expect(gate.state).toBe('free');
  });
});

describe('A learner', () => {
  it('who speaks over the avatar is heard over its echo within 400 ms', () => {
    const avatar = utterance(1, 8_000);
    const overMs = 5_000;
    for (const gainDb of [-6, -12, -20]) {
      const learner = utterance(9, 2_500, overMs);
      const { heard } = play({ avatar, learner, loudspeakers: { gainDb, delayMs: 120 } });
      const before = heard.subarray(samplesOf(overMs - 1_500), samplesOf(overMs));
      const over = heard.subarray(samplesOf(overMs + 400), samplesOf(overMs + 2_400));
      expect(rms(before)).toBeLessThan(60);
      expect(rms(over)).toBeGreaterThan(
        0.6 * rms(learner.subarray(samplesOf(overMs + 400), samplesOf(overMs + 2_400))),
      );
    }
  });

  it('with headphones is heard as if there were no gate', () => {
    const { gate, heard, microphone } = play({
      avatar: utterance(1, 6_000),
      learner: utterance(9, 2_000, 4_000),
    });
    expect(gate.state).toBe('free');
    expect(heard).toEqual(microphone);
  });

  it('who speaks as the avatar begins its first words loses none of them, only a moment', () => {
    const { gate, heard, microphone } = play({
      avatar: utterance(1, 4_000),
      learner: utterance(9, 3_000, 600),
    });
    expect(gate.state).toBe('free');
    expect(heard).toEqual(microphone);
  });

  it('who speaks while the avatar is silent is heard, whatever the loudspeakers did before', () => {
    const avatar = new Int16Array(samplesOf(9_000));
    avatar.set(utterance(1, 4_000));
    const { heard, microphone } = play({
      avatar,
      learner: utterance(9, 2_000, 6_500),
      loudspeakers: { gainDb: -10, delayMs: 150 },
    });
    const spoken = samplesOf(6_500);
    expect(heard.subarray(spoken)).toEqual(microphone.subarray(spoken));
  });
});
