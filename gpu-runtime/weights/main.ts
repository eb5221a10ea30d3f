/** `npm run models -- list|pull|verify|remove`. */
import { readEnvironment } from '#config/environment.ts';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Weights } from './catalogue.ts';
import { formatList } from './list.ts';
import { WeightsStore } from './store.ts';
import { WeightsError } from './weights-error.ts';

const HELP = `Weights for the models of the inference runtime.

Usage: npm run models -- COMMAND [ID ...] [OPTIONS]

Commands:
  list               what there is, with size, languages and licence, and what of it is here
  pull ID ...        fetches; a broken download goes on where it stopped
  verify [ID ...]    compares files with the checksums that they had when they came; all that are here without an ID
  remove ID ...      deletes the files

Options:
  --from PLACE               a mirror of the model hub (https://…), or a folder for machines without a network, which holds
                             REPOSITORY/PATH or the bare files; UNDERSTUDY_WEIGHTS_FROM says the same
  --accept-non-commercial    takes weights whose licence forbids commercial use
  --json                     prints JSON
  --help                     this text

Files go to UNDERSTUDY_DATA/models [.understudy/models], where the models of npm run runtime look for them; Whisper's own folder
is named with WHISPER_MODEL_PATH. Checksums: a pinned one where the catalogue has it, else what the hub announces for its large
files, else what came first; "list --json" and the files' manifest say which.
`;

class UsageError extends Error {}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  const [command, ...ids] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const from = values.from ?? process.env['UNDERSTUDY_WEIGHTS_FROM'];
  const store = new WeightsStore({
    folder: join(resolve(readEnvironment().UNDERSTUDY_DATA), 'models'),
    ...(from === undefined || from === '' ? {} : { from }),
  });
  const wanted = ids.map((id) => store.find(id));
  switch (command) {
    case 'list':
      process.stdout.write(values.json ? json(listed(store)) : formatList(listed(store)));
      return 0;
    case 'pull':
      for (const weights of required(wanted, 'pull')) {
        await pull(store, weights, values['accept-non-commercial'], values.json);
      }
      return 0;
    case 'verify':
      return verify(store, wanted, values.json);
    case 'remove':
      for (const weights of required(wanted, 'remove')) {
        await store.remove(weights);
        process.stdout.write(
          values.json ? json({ removed: weights.id }) : `Removed ${weights.id}.\n`,
        );
      }
      return 0;
    default:
      throw new UsageError(`There is no command “${command}”: list, pull, verify or remove.`);
  }
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        'accept-non-commercial': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const json = (value: unknown): string => `${JSON.stringify(value)}\n`;

function required(wanted: readonly Weights[], command: string): readonly Weights[] {
  if (wanted.length === 0) {
    throw new UsageError(`Say which: npm run models -- ${command} ID. The list has the ids.`);
  }
  return wanted;
}

const listed = (store: WeightsStore) =>
  store.catalogue.map((weights) => ({ ...weights, here: store.isHere(weights) }));

async function pull(
  store: WeightsStore,
  weights: Weights,
  acceptNonCommercial: boolean,
  asJson: boolean,
): Promise<void> {
  const live = process.stderr.isTTY;
  let told = -1;
  await store.pull(weights, {
    acceptNonCommercial,
    onProgress: (file, bytes, ofBytes) => {
      const percent = ofBytes === undefined ? undefined : Math.floor((100 * bytes) / ofBytes);
      const step = live ? percent : percent === undefined ? undefined : Math.floor(percent / 25);
      if (step !== undefined && step !== told) {
        told = step;
        const line = `${file}: ${String(percent)} % of ${((ofBytes ?? 0) / 1e6).toFixed(1)} MB`;
        process.stderr.write(live ? `\r${line}   ` : `${line}\n`);
      }
    },
  });
  process.stderr.write(live ? '\n' : '');
  process.stdout.write(
    asJson ? json({ pulled: weights.id }) : `${weights.id} is here. Licence: ${weights.licence}.\n`,
  );
}

async function verify(
  store: WeightsStore,
  wanted: readonly Weights[],
  asJson: boolean,
): Promise<number> {
  const chosen =
    wanted.length > 0 ? wanted : store.catalogue.filter((weights) => store.isHere(weights));
  let bad = 0;
  for (const weights of chosen) {
    for (const { file, state } of await store.verify(weights)) {
      bad += state === 'good' ? 0 : 1;
      process.stdout.write(
        asJson
          ? json({ id: weights.id, file, state })
          : `${state.padEnd(8)} ${weights.id}  ${file}\n`,
      );
    }
  }
  if (chosen.length === 0 && !asJson) {
    process.stdout.write('No weights are here.\n');
  }
  return bad === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof WeightsError) && !(error instanceof UsageError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
