/** `npm run turns`: replays labelled silences through the real ears and prints what each policy would have done. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHumanRecordings, silencesOf, type Silence } from './replay/corpus.ts';
import { hear } from './replay/evidence.ts';
import { POLICIES } from './replay/policies.ts';
import { SAMPLE_RATE_HZ } from './replay/recording.ts';
import { syntheticSilences } from './replay/synthetic.ts';
import { formatTable, GROUPS, tradeOff, type ReplayedSilence } from './replay/trade-off.ts';
import { recognisedWords } from './replay/words.ts';
import { SMART_TURN_PATH, SmartTurnModel } from './smart-turn/smart-turn-model.ts';

const HELP = `npm run turns -- [--json] [--human-only] [--fresh]

Replays utterances with known ends and pauses through the real VAD, smart-turn, the bundled end-of-turn model
and PocketSphinx, and prints for each policy: how long after the last audible sound it would speak (median and
95th percentile), and in how many inner pauses of 300-800 ms it would have cut in.

  --json         print JSON instead of tables
  --human-only   leave our own voices out
  --fresh        hear everything again (about 4 minutes) instead of using .understudy/turns/

Environment: UNDERSTUDY_FIXTURES  folder with turns/ and speech/ (default ../shared/fixtures)
             UNDERSTUDY_PYTHON    Python with pocketsphinx (default .understudy/python/bin/python)
Needs ffmpeg, and smart-turn's model: python3 agents/turn/smart-turn/fetch.py`;

const CACHE = '.understudy/turns';
/** The recogniser is shown the sound up to this long after its end: what it has when the model is asked. */
const TEXT_AFTER_MS = 250;

interface Options {
  json: boolean;
  humanOnly: boolean;
  fresh: boolean;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log(HELP);
    return;
  }
  const options: Options = {
    json: args.includes('--json'),
    humanOnly: args.includes('--human-only'),
    fresh: args.includes('--fresh'),
  };
  const replayed = await replayAll(options);
  const tables = GROUPS.map((group) => {
    const silences = replayed.filter((silence) => group.has(silence));
    return { group: group.name, rows: POLICIES.map((policy) => tradeOff(policy, silences)) };
  }).filter(({ rows }) => rows.some(({ ends }) => ends > 0));
  console.log(
    options.json
      ? JSON.stringify(tables, null, 2)
      : tables.map(({ group, rows }) => formatTable(group, rows)).join('\n\n'),
  );
}

async function replayAll(options: Options): Promise<ReplayedSilence[]> {
  const cachePath = join(CACHE, 'heard.json');
  if (!options.fresh && existsSync(cachePath)) {
    const cached = JSON.parse(await readFile(cachePath, 'utf8')) as ReplayedSilence[];
    return cached
      .map((silence) => ({
        ...silence,
        lengthMs: silence.kind === 'end' ? Infinity : silence.lengthMs,
      }))
      .filter(({ speakerKind }) => !options.humanOnly || speakerKind === 'human');
  }
  const silences = await corpus(options);
  const texts = await recognised(
    'texts.json',
    silences.map(({ id, samples, soundEndMs }) => ({
      id,
      samples: samples.slice(0, ((soundEndMs + TEXT_AFTER_MS) * SAMPLE_RATE_HZ) / 1000),
    })),
  );
  const model = await SmartTurnModel.load(SMART_TURN_PATH);
  const replayed: ReplayedSilence[] = [];
  for (const silence of silences) {
    const { samples: _, ...kept } = silence;
    const text = (texts.get(silence.id) ?? []).map((word) => word.text).join(' ');
    replayed.push({ ...kept, ...(await hear(silence, model)), text });
    progress('hearing', replayed.length, silences.length);
  }
  await model.close();
  await mkdir(CACHE, { recursive: true });
  await writeFile(cachePath, JSON.stringify(replayed));
  return replayed;
}

async function corpus(options: Options): Promise<Silence[]> {
  const folder = process.env['UNDERSTUDY_FIXTURES'] ?? '../shared/fixtures';
  const recordings = existsSync(join(folder, 'turns', 'labels.json'))
    ? await readHumanRecordings(folder)
    : [];
  if (recordings.length === 0) console.error(`No recordings in ${folder}: synthetic voices only.`);
  const words = await recognised(
    'words.json',
    recordings.map(({ name, samples }) => ({ id: name, samples })),
  );
  const human = silencesOf(recordings, words);
  return options.humanOnly ? human : [...human, ...(await syntheticSilences())];
}

function recognised(
  cacheName: string,
  sounds: readonly { id: string; samples: Int16Array }[],
): ReturnType<typeof recognisedWords> {
  return recognisedWords(sounds, {
    pythonPath: process.env['UNDERSTUDY_PYTHON'] ?? '.understudy/python/bin/python',
    cachePath: join(CACHE, cacheName),
    onProgress: (done, all) => {
      progress('recognising', done, all);
    },
  });
}

function progress(what: string, done: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${what} ${String(done)}/${String(all)}   `);
}

await main(process.argv.slice(2));
