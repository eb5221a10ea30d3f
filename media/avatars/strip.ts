/** Draws a filmstrip of a spoken sentence with the run-time renderer and the run-time performance. */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { i420Bytes } from '#media/face/i420.ts';
import { loadFace } from '#media/face/load-face.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { Performer } from '#media/performer/performer.ts';
import type { Crop } from './sheet-canvas.ts';
import { SheetCanvas } from './sheet-canvas.ts';

const HELP = `Usage: npm run avatar:strip [-- --face ID --marks FILE --out FILE --every N --crop --from MS --to MS]

Draws a sentence picture by picture, 25 a second, to one PNG.

  --face ID      which face, default ada
  --marks FILE   JSON [{ "phoneme": "hh", "startMs": 0, "endMs": 60 }, ...]; "-" reads standard input;
                 "Hello there, nice to meet you" when left out
  --out FILE     default strip-<ID>.png
  --every N      draw every Nth picture, default 2
  --from, --to   milliseconds of the part to draw
  --crop         the face only, eight in a row; else whole pictures, two in a row
`;
const FRAME_MS = 40;
const FACE_CROP: Crop = [304, 40, 240, 340];
/** Speech begins here, so that the face is seen at rest before it. */
const LEAD_MS = 200;

/** "Hello there, nice to meet you", as our embedded English voice times it. */
const DEFAULT_MARKS =
  'hh:60 ax:110 l:180 ow:320 dh:370 eh:470 r:570 pau:700 n:770 ay:930 s:1040 t:1100 ax:1140 m:1220 iy:1330 t:1390 y:1440 uw:1640';

const marksSchema = z.array(
  z.object({ phoneme: z.string(), startMs: z.number(), endMs: z.number() }),
);

const { values } = parseArgs({
  options: {
    face: { type: 'string', default: 'ada' },
    marks: { type: 'string' },
    out: { type: 'string' },
    every: { type: 'string', default: '2' },
    from: { type: 'string', default: '0' },
    to: { type: 'string' },
    crop: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  const marks = await readMarks(values.marks);
  const path = values.out ?? `strip-${values.face}.png`;
  await drawStrip(values.face, marks, path);
  process.stdout.write(`${path}\n`);
}

async function readMarks(source: string | undefined): Promise<PhonemeMark[]> {
  if (source === undefined) {
    let startMs = 0;
    return DEFAULT_MARKS.split(' ').map((word) => {
      const [phoneme = 'pau', end = '0'] = word.split(':');
      const mark = { phoneme, startMs, endMs: Number(end) };
      startMs = mark.endMs;
      return mark;
    });
  }
  const chunks: Buffer[] = [];
  if (source === '-') for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  else chunks.push(await readFile(source));
  return marksSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
}

async function drawStrip(faceId: string, marks: PhonemeMark[], path: string): Promise<void> {
  const face = await loadFace(faceId);
  const frame = new Uint8Array(i420Bytes(face.widthPx, face.heightPx));
  const performer = new Performer({ seed: 7 });
  performer.setExpression('warm', 0);
  performer.speak(marks, LEAD_MS);
  const endMs = Number(values.to ?? LEAD_MS + (marks.at(-1)?.endMs ?? 0) + 240);
  const times: number[] = [];
  const stepMs = FRAME_MS * Math.max(1, Number(values.every) || 1);
  for (let t = Number(values.from) || 0; t <= endMs; t += stepMs) times.push(t);
  const crop: Crop = values.crop ? FACE_CROP : [0, 0, face.widthPx, face.heightPx];
  const canvas = new SheetCanvas(times.length, values.crop ? 8 : 2, crop);
  for (const t of times) {
    face.render(performer.poseAt(t), frame);
    const now = marks.find((m) => t - LEAD_MS >= m.startMs && t - LEAD_MS < m.endMs);
    canvas.add(`${t} ms ${now?.phoneme ?? ''}`, frame, face.widthPx, face.heightPx);
  }
  face.close();
  await writeFile(path, canvas.toPng());
}
