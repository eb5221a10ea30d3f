/** Makes, calibrates, bakes and shows neural avatars: `npm run avatars -- --help`. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SheetCanvas } from '#media/avatars/sheet-canvas.ts';
import { readAvatarManifest } from '#media/face/neural/avatar-manifest.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { VISEMES, type Viseme } from '#media/visemes/viseme.ts';
import { z } from 'zod';
import { bakeMouths } from './bake.ts';
import { bakedQuality } from './baked-quality.ts';
import { calibrateAvatar, type VisemeReport } from './calibrate.ts';
import { prepareAvatar } from './prepare.ts';
import { chanceSentence } from './speech-corpus.ts';
import { spokenPictures } from './strip.ts';

const AVATARS =
  process.env['UNDERSTUDY_AVATARS'] ??
  fileURLToPath(new URL('../../.understudy/avatars', import.meta.url));

const HELP = `Neural avatars of LiteAvatar's contract.

Usage: npm run avatars -- COMMAND [OPTIONS]

  prepare FOLDER   makes an avatar from a LiteAvatar folder (net_encode.onnx, net_decode.onnx, ref_frames,
                   bg_video.mp4, face_box.txt, neutral_pose.npy): about 0.2 s a picture of its template
                   --id ID --licence TEXT [--frames N]
  calibrate ID     finds the parameters of every viseme, about 3 minutes [--visemes PP,ou]
  bake ID          mouths for machines that cannot decode, about 5 minutes [--frames N]
  measure ID       baked mouths against the live decoder
  strip ID         a spoken sentence picture by picture, to a PNG
                   [--marks FILE] [--from MS] [--to MS] [--every N] [--full] [--out FILE]

  --avatars FOLDER  where avatars are [.understudy/avatars, or UNDERSTUDY_AVATARS]
  --help            this text

An ID may be a folder too. --marks is JSON [{ "phoneme": "hh", "startMs": 0, "endMs": 60 }, ...].
ffmpeg is needed. Faces of people need their consent, and the licence of the material.
`;

/** The face in the picture, for strips. */
const FACE_CROP = [324, 140, 260, 320] as const;

const marksSchema = z.array(
  z.object({ phoneme: z.string(), startMs: z.number(), endMs: z.number() }),
);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    avatars: { type: 'string', default: AVATARS },
    id: { type: 'string' },
    licence: { type: 'string' },
    frames: { type: 'string' },
    visemes: { type: 'string' },
    marks: { type: 'string' },
    from: { type: 'string', default: '0' },
    to: { type: 'string' },
    every: { type: 'string', default: '1' },
    full: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Shown without a stack. */
class UsageError extends Error {}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const [command, subject] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    return;
  }
  if (subject === undefined) {
    throw new UsageError(`${command} needs an avatar; try --help.`);
  }
  const frames = values.frames === undefined ? undefined : Number(values.frames);
  if (frames !== undefined && !(Number.isInteger(frames) && frames > 0)) {
    throw new UsageError('--frames takes a whole number from 1.');
  }
  switch (command) {
    case 'prepare':
      await prepare(subject, frames);
      return;
    case 'calibrate':
      await calibrate(await folderOf(subject));
      return;
    case 'bake':
      await bake(await folderOf(subject), frames);
      return;
    case 'measure':
      await measure(await folderOf(subject));
      return;
    case 'strip':
      await strip(await folderOf(subject));
      return;
    default:
      throw new UsageError(`There is no command “${command}”; try --help.`);
  }
}

/** An id of the repository, or a folder by path. */
async function folderOf(subject: string): Promise<string> {
  for (const folder of [resolve(values.avatars, subject), resolve(subject)]) {
    if (await stat(resolve(folder, 'avatar.json')).catch(() => undefined)) {
      return folder;
    }
  }
  throw new UsageError(`There is no avatar “${subject}” in ${values.avatars}.`);
}

async function prepare(source: string, maxFrames: number | undefined): Promise<void> {
  const { licence } = values;
  if (licence === undefined) {
    throw new UsageError('prepare needs --licence: under what terms may this face be shown?');
  }
  const id = values.id ?? basename(resolve(source)).toLowerCase();
  const folder = await prepareAvatar({
    ...{ source: resolve(source), repository: resolve(values.avatars), id, licence, say },
    ...(maxFrames === undefined ? {} : { maxFrames }),
  });
  say(`${folder}\nNext: npm run avatars -- calibrate ${id}`);
}

async function calibrate(folder: string): Promise<void> {
  const wanted = values.visemes?.split(',');
  const unknown = wanted?.find((name) => !(VISEMES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no viseme “${unknown}”; there are ${VISEMES.join(', ')}.`);
  }
  await calibrateAvatar({
    folder,
    ...(wanted === undefined ? {} : { visemes: wanted as Viseme[] }),
    onViseme: (report) => {
      say(lineOf(report));
    },
  });
}

function lineOf({ viseme, cost, measure: seen }: VisemeReport): string {
  const { open, teeth, width, drift } = seen;
  const parts = Object.entries({ open, teeth, width, drift, cost });
  return `${viseme.padEnd(4)}${parts.map(([name, value]) => `${name} ${value.toFixed(1)}`).join('  ')}`;
}

async function bake(folder: string, frames: number | undefined): Promise<void> {
  const bytes = await bakeMouths({
    folder,
    ...(frames === undefined ? {} : { frames }),
    onPicture: (done, all) => {
      if (done % 10 === 0 || done === all) {
        say(`${String(done)} of ${String(all)} pictures`);
      }
    },
  });
  say(`${(bytes / 1e6).toFixed(1)} MB`);
  await measure(folder);
}

async function measure(folder: string): Promise<void> {
  const { psnrDb, drawMs, pictures } = await bakedQuality(folder, await marksOf());
  say(
    `baked against live: PSNR ${psnrDb.mean.toFixed(1)} dB, least ${psnrDb.min.toFixed(1)} dB, ` +
      `${drawMs.toFixed(2)} ms a picture (n = ${String(pictures)})`,
  );
}

async function strip(folder: string): Promise<void> {
  const marks = await marksOf();
  const fromMs = Number(values.from);
  const toMs = Number(values.to ?? (marks.at(-1)?.endMs ?? 0) + 200);
  const every = Math.max(1, Number(values.every) || 1);
  const { picture } = await readAvatarManifest(folder);
  const count = Math.floor((toMs - fromMs) / (40 * every)) + 1;
  const crop = values.full ? ([0, 0, picture.width, picture.height] as const) : FACE_CROP;
  const canvas = new SheetCanvas(count, values.full ? 2 : 6, crop);
  const pictures = spokenPictures(folder, marks, { fromMs, toMs, every });
  for await (const { tMs, phoneme, picture: drawn } of pictures) {
    canvas.add(`${String(tMs)} ${phoneme}`, drawn, picture.width, picture.height);
  }
  const out = values.out ?? `strip-${basename(folder)}.png`;
  await writeFile(out, canvas.toPng());
  say(out);
}

/** A sentence that no bake has seen, where none is given. */
async function marksOf(): Promise<PhonemeMark[]> {
  return values.marks === undefined
    ? chanceSentence(4, 7)
    : marksSchema.parse(JSON.parse(await readFile(values.marks, 'utf8')));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
