/** The picture that markers flash on, ours and the peer's: one of our faces at rest, so that encoders see what they see in a call. */
import { listFaces, loadFace } from '#media/face/load-face.ts';
import { NEUTRAL_POSE } from '#media/face/pose.ts';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MARKER_HEIGHT_PX, MARKER_WIDTH_PX } from './marker-face.ts';

let path: Promise<string> | undefined;

/** Returns the path of a file with it, I420, made on first use. */
export function markerBase(): Promise<string> {
  path ??= draw();
  return path;
}

async function draw(): Promise<string> {
  const [first] = await listFaces();
  const face = await loadFace(first!.id);
  const frame = new Uint8Array((MARKER_WIDTH_PX * MARKER_HEIGHT_PX * 3) / 2);
  face.render(NEUTRAL_POSE, frame);
  face.close();
  const file = join(await mkdtemp(join(tmpdir(), 'understudy-bench-')), 'face.i420');
  await writeFile(file, frame);
  return file;
}
