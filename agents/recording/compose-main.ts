/**
 * Entry of the composer: one recording, in a process of its own that signaling starts with the least priority.
 *
 *     node --import tsx agents/recording/compose-main.ts SESSION
 *
 * Tells its progress to a parent that listens, and ends when that parent is gone. Exit code 0: `state.json` is written.
 */
import { NEURAL, neuralAvatarFolder } from '#agents/dispatch/avatars.ts';
import { recordingsRoot } from '#agents/dispatch/recording/layout.ts';
import { parseRecordingKey } from '#agents/dispatch/recording/sealed-file.ts';
import { readEnvironment } from '#config/environment.ts';
import { systemClock } from '#media/clock.ts';
import { loadFace } from '#media/face/load-face.ts';
import { NeuralFaceRenderer } from '#media/face/neural/neural-renderer.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { join } from 'node:path';
import { compose } from './compose.ts';

const environment = readEnvironment();
const { UNDERSTUDY_RECORDING_KEY: key } = environment;
const abort = new AbortController();
process.once('disconnect', () => {
  abort.abort();
});

/** A neural face is drawn with its baked mouths: it looks the same within what an eye sees, and asks no runtime. */
function openFace(name: string): Promise<FaceRenderer> {
  return name.startsWith(NEURAL)
    ? NeuralFaceRenderer.open({
        folder: join(neuralAvatarFolder(environment), name.slice(NEURAL.length)),
        clock: systemClock,
      })
    : loadFace(name);
}

try {
  const state = await compose({
    root: recordingsRoot(environment),
    sessionId: process.argv[2] ?? '',
    key: key === undefined ? undefined : parseRecordingKey(key),
    openFace,
    onProgress: (progress) => {
      process.send?.({ progress });
    },
    signal: abort.signal,
  });
  process.exitCode = state.status === 'ready' ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
process.disconnect?.();
