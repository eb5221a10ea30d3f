/** Runs the checks, the unit tests and the tests in real rooms, and ends with one line that counts them all. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spawn } from 'node:child_process';
import { readEnvironment } from '#config/environment.ts';
import { ensureChromium } from './install/chromium.ts';
import { ensureFfmpeg } from './install/ffmpeg.ts';
import { ensureLiveKitServer } from './install/livekit-server.ts';
import { ensurePython } from './install/python.ts';
import { ensureTurnModel } from './install/turn-model.ts';
import { ensureWeb } from './install/web.ts';
import { ensureWhisper } from './install/whisper.ts';
import { LaunchProblem } from './problem.ts';
import { Progress } from './progress.ts';
import { projectRoot } from './system.ts';

const HELP = `Usage: npm test [-- --only PART] [-- FILTER...]

Parts: checks (types, lint, format), unit, rooms. Without --only all three run.
FILTER words are passed to vitest: npm test -- --only unit playout`;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const CHECKS = [
  { name: 'types', program: 'typescript/bin/tsc', args: ['--noEmit', '-p', '.'] },
  { name: 'lint', program: 'eslint/bin/eslint.js', args: ['.'] },
  {
    name: 'format',
    program: 'prettier/bin/prettier.cjs',
    args: ['--check', '--log-level', 'warn', '.'],
  },
];

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  allowPositionals: true,
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const wanted = (part: string): boolean => values.only === undefined || values.only === part;

try {
  const counts: Count[] = [];
  if (wanted('checks')) {
    counts.push(await runChecks());
  }
  if (wanted('unit') || wanted('rooms')) {
    await prepare();
  }
  for (const project of ['unit', 'rooms']) {
    if (wanted(project)) {
      counts.push(await runVitest(project, positionals));
    }
  }
  const total = (key: keyof Count): number => counts.reduce((sum, count) => sum + count[key], 0);
  const skipped = total('skipped') > 0 ? `, ${String(total('skipped'))} skipped` : '';
  console.log(`${String(total('passed'))} passed, ${String(total('failed'))} failed${skipped}`);
  process.exitCode = total('failed') > 0 || total('passed') === 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof LaunchProblem ? error.message : error);
  process.exitCode = 1;
}

/** The same installs as `npm start`, and Chromium. */
async function prepare(): Promise<void> {
  const progress = new Progress();
  const dataFolder = join(projectRoot, readEnvironment().UNDERSTUDY_DATA);
  const python = await progress.step('Hearing', (say) =>
    ensurePython(dataFolder, join(projectRoot, 'launch', 'requirements.txt'), say),
  );
  const whisper =
    python.python === undefined
      ? undefined
      : await progress.step('Whisper', (say) => ensureWhisper('tiny.en', say));
  const turnReason =
    python.python === undefined
      ? undefined
      : await ensureTurnModel(dataFolder, python.python, console.log);
  const ffmpegReason = await progress.step('Recording', (say) => ensureFfmpeg(say));
  for (const reason of [python.reason, whisper?.reason, turnReason, ffmpegReason]) {
    if (reason !== undefined) {
      progress.note(reason);
    }
  }
  await progress.step('LiveKit server', (say) => ensureLiveKitServer(dataFolder, say));
  await progress.step('Page', () => ensureWeb(projectRoot));
  process.env.UNDERSTUDY_CHROMIUM = await progress.step('Chromium', (say) => ensureChromium(say));
}

async function runChecks(): Promise<Count> {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, program, args } of CHECKS) {
    const code = await run([join('node_modules', program), ...args]);
    console.log(code === 0 ? `✓ ${name}` : `✗ ${name}`);
    count[code === 0 ? 'passed' : 'failed'] += 1;
  }
  return count;
}

async function runVitest(project: string, filters: readonly string[]): Promise<Count> {
  const reportPath = join(projectRoot, 'node_modules', `.vitest-${project}.json`);
  await run([
    join('node_modules', 'vitest', 'vitest.mjs'),
    ...['run', '--project', project, '--reporter=default', '--reporter=json'],
    `--outputFile.json=${reportPath}`,
    ...filters,
  ]);
  const report = JSON.parse(await readFile(reportPath, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numFailedTestSuites: number;
    success: boolean;
  };
  // A file that cannot even be loaded has no tests to fail: it counts as one.
  const failed = Math.max(report.numFailedTests, report.success ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests };
}

function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: 'inherit' });
    child.on('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}
