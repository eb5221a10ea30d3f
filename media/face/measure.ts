/** How long a face takes to draw, for the bench. */
import { performance } from 'node:perf_hooks';
import type { FaceRenderer } from '#media/ports.ts';
import type { FacePose } from './pose.ts';
import { NEUTRAL_MOUTH, NEUTRAL_POSE } from './pose.ts';
import { i420Bytes } from './i420.ts';

export interface RenderTimes {
  meanMs: number;
  p50Ms: number;
  p95Ms: number;
  frames: number;
}

/** A pose in which everything moves: the dearest frame that a talk asks for. */
export function busyPose(frameIndex: number): FacePose {
  const t = frameIndex / 25;
  const wave = (hz: number, phase: number) => Math.sin(2 * Math.PI * hz * t + phase);
  const jaw = 0.35 + 0.35 * wave(3.1, 0);
  return {
    mouth: {
      ...NEUTRAL_MOUTH,
      jawOpen: jaw,
      mouthFunnel: 0.3 + 0.3 * wave(2.3, 1),
      mouthStretch: 0.2 + 0.2 * wave(1.7, 2),
      mouthUpperUp: 0.2 + 0.2 * wave(2.9, 3),
    },
    expression: {
      ...NEUTRAL_POSE.expression,
      smile: 0.3 + 0.3 * wave(0.4, 0),
      browUp: 0.4 * wave(0.7, 1),
    },
    blink: Math.max(0, wave(0.5, 0)) ** 8,
    gaze: { x: 0.4 * wave(0.6, 0), y: 0.3 * wave(0.5, 1) },
    head: { yawDeg: 3 * wave(0.4, 0), pitchDeg: 2 * wave(0.5, 1), rollDeg: 1.5 * wave(0.3, 2) },
    breath: 0.5 + 0.5 * wave(0.25, 0),
  };
}

/** Draws `frames` busy poses after a warm-up and reports milliseconds a frame. */
export function measureRenderMs(face: FaceRenderer, frames: number): RenderTimes {
  const frame = new Uint8Array(i420Bytes(face.widthPx, face.heightPx));
  for (let i = 0; i < 60; i++) face.render(busyPose(i), frame);
  const times: number[] = [];
  for (let i = 0; i < frames; i++) {
    const pose = busyPose(i + 60);
    const began = performance.now();
    face.render(pose, frame);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(frames - 1, Math.floor(share * frames))] ?? 0;
  return {
    meanMs: times.reduce((a, b) => a + b, 0) / Math.max(1, frames),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    frames,
  };
}
