/** The face of a call: a drawn one that is warm, or a neural one opened for it. */
import { join } from 'node:path';
import { NEURAL, neuralAvatarFolder } from '#agents/dispatch/avatars.ts';
import type { Runtimes } from '#agents/engines/runtimes.ts';
import type { Environment } from '#config/environment.ts';
import { RuntimeMouths } from '#gpu-runtime/client/face-decoder.ts';
import { systemClock } from '#media/clock.ts';
import { MediaError } from '#media/errors.ts';
import { NeuralFaceRenderer, openNeuralAvatar } from '#media/face/neural/neural-renderer.ts';
import type { FaceRenderer } from '#media/ports.ts';

export interface FaceForOptions {
  name: string;
  drawn: ReadonlyMap<string, FaceRenderer>;
  environment: Environment;
  runtimes: Pick<Runtimes, 'infer'> | undefined;
  /** The room, for the runtime's fair shares. */
  session: string;
  /** Told when the runtime does not decode for this face; baked mouths, or one at rest, are shown. */
  onUndecoded: (error: unknown) => void;
}

/** Throws MediaError FACE_UNKNOWN or FACE_PACK_INVALID. */
export async function faceFor(options: FaceForOptions): Promise<FaceRenderer> {
  const { name, drawn, environment, runtimes: service, session, onUndecoded } = options;
  if (!name.startsWith(NEURAL)) {
    const face = drawn.get(name);
    if (face === undefined) {
      throw new MediaError('FACE_UNKNOWN', { detail: `It is called ${name}.` });
    }
    return face;
  }
  const id = name.slice(NEURAL.length);
  const avatar = await openNeuralAvatar(join(neuralAvatarFolder(environment), id));
  if (service === undefined) {
    return new NeuralFaceRenderer(avatar, { clock: systemClock });
  }
  const decoder = new RuntimeMouths({ service, avatar: id, session, clock: systemClock });
  try {
    await decoder.prepare();
    return new NeuralFaceRenderer(avatar, { clock: systemClock, decoder });
  } catch (error) {
    onUndecoded(error);
    return new NeuralFaceRenderer(avatar, { clock: systemClock });
  }
}
