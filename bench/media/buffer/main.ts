/** `node --import tsx bench/media/buffer/main.ts`: the arrival traces through the playout buffer, as a table. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { writeGolden } from './golden.ts';
import { HOURS, measureHours } from './measure.ts';
import { bufferTable } from './table.ts';

const HELP = `Usage: node --import tsx bench/media/buffer/main.ts [OPTIONS]

  --hours N     hours of calls to simulate over all traces (${String(HOURS)})
  --json FILE   figures and details
  --golden      write bench/traces/golden.json anew and print nothing
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      hours: { type: 'string', default: String(HOURS) },
      json: { type: 'string' },
      golden: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const hours = Number(values.hours);
  if (values.help || !(hours > 0)) {
    (values.help ? process.stdout : process.stderr).write(HELP);
    return values.help ? 0 : 2;
  }
  if (values.golden) {
    await writeGolden();
    return 0;
  }
  const result = await measureHours(hours, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${bufferTable(result)}\n`);
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  return 0;
}

process.exitCode = await main();
