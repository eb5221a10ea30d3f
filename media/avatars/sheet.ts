/** Draws a contact sheet of a face with the run-time renderer. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { i420Bytes } from '#media/face/i420.ts';
import { listFaces, loadFace } from '#media/face/load-face.ts';
import type { Crop } from './sheet-canvas.ts';
import { SheetCanvas } from './sheet-canvas.ts';
import { sheetPoses } from './sheet-poses.ts';

const HELP = `Usage: npm run avatar:sheet [-- --face ID --out FILE --columns N]

Draws every viseme, expression, blink, gaze and head turn of a face to one PNG.

  --face ID     which face; all of them when left out
  --out FILE    default contact-<ID>.png (only with --face)
  --columns N   pictures in a row, default 8
`;
/** The face without shoulders. */
const CROP: Crop = [304, 40, 240, 340];

const { values } = parseArgs({
  options: {
    face: { type: 'string' },
    out: { type: 'string' },
    columns: { type: 'string', default: '8' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  const ids = values.face === undefined ? (await listFaces()).map((f) => f.id) : [values.face];
  for (const id of ids) {
    const path = (values.face === undefined ? undefined : values.out) ?? `contact-${id}.png`;
    await drawSheet(id, path, Math.max(1, Number(values.columns) || 8));
    process.stdout.write(`${path}\n`);
  }
}

async function drawSheet(faceId: string, path: string, columns: number): Promise<void> {
  const face = await loadFace(faceId);
  const frame = new Uint8Array(i420Bytes(face.widthPx, face.heightPx));
  const poses = sheetPoses();
  const canvas = new SheetCanvas(poses.length, columns, CROP);
  for (const { label, pose } of poses) {
    face.render(pose, frame);
    canvas.add(label, frame, face.widthPx, face.heightPx);
  }
  face.close();
  await writeFile(path, canvas.toPng());
}
