/** Draws a spoken sentence with the live decoder, picture by picture, as rooms would see it: to look at. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAvatarManifest } from '#media/face/neural/avatar-manifest.ts';
import { MouthParameters } from '#media/face/neural/mouth-parameters.ts';
import { PatchCompositor } from '#media/face/neural/patch-compositor.ts';
import { pingPong, TemplateVideo } from '#media/face/neural/template-video.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { MouthTrack } from '#media/visemes/mouth-track.ts';
import { LocalDecoder } from './local-decoder.ts';

export interface SpokenPicture {
  tMs: number;
  phoneme: string;
  picture: Uint8Array;
  params: Float32Array;
}

const FRAME_MS = 40;

/** Pictures 25 a second from `fromMs` to `toMs` of the sentence. */
export async function* spokenPictures(
  folder: string,
  marks: readonly PhonemeMark[],
  { fromMs = 0, toMs = (marks.at(-1)?.endMs ?? 0) + 200, firstFrame = 0, every = 1 } = {},
): AsyncIterable<SpokenPicture> {
  const manifest = await readAvatarManifest(folder);
  const template = await TemplateVideo.open(folder, manifest);
  const colour = await readFile(join(folder, manifest.files.colour));
  const compositor = new PatchCompositor(manifest, colour);
  const parameters = new MouthParameters(manifest);
  const decoder = await LocalDecoder.open(folder);
  const track = new MouthTrack(marks);
  for (let index = 0; fromMs + index * FRAME_MS <= toMs; index += every) {
    const tMs = fromMs + index * FRAME_MS;
    const params = parameters.of(track.shapeAt(tMs));
    const frame = pingPong(firstFrame + index, manifest.frames);
    const picture = Uint8Array.from(template.picture(frame));
    compositor.blend(await decoder.decode(frame, params, 'I420'), frame, 1, picture);
    const phoneme = marks.find(({ startMs, endMs }) => tMs >= startMs && tMs < endMs)?.phoneme;
    yield { tMs, phoneme: phoneme ?? '', picture, params };
  }
  await decoder.close();
}
