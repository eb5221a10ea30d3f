/** Finds, reads and checks scenarios; what is wrong with one is told with file, line and field. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { ZodError } from 'zod';
import { scenarioSummarySchema, type ScenarioSummary } from './catalogue.ts';
import { scenarioSchema, type Scenario } from './scenario.ts';

/** Where the scenarios that ship with Understudy are. */
export const SCENARIO_FOLDER = fileURLToPath(new URL('../../config/scenarios', import.meta.url));

/** A scenario that cannot be used. `problems` holds one line each: `file:line: field: what is wrong`. */
export class ScenarioError extends Error {
  readonly code: 'SCENARIO_INVALID' | 'SCENARIO_UNKNOWN';
  readonly problems: readonly string[];

  constructor(code: 'SCENARIO_INVALID' | 'SCENARIO_UNKNOWN', problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ScenarioError';
    this.code = code;
    this.problems = problems;
  }
}

type Path = readonly PropertyKey[];

/** The line, counted from 1, where `path` stands, or its nearest parent that exists. */
function lineOf(document: Document, counter: LineCounter, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as
      { range?: [number, number, number] | null } | undefined;
    if (node?.range) return counter.linePos(node.range[0]).line;
  }
  return 1;
}

const fieldName = (path: Path): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '') || 'the file';

function schemaProblems(error: ZodError): { path: Path; message: string }[] {
  return error.issues.map((issue) => ({ path: issue.path, message: issue.message }));
}

/** Names that are used without being defined, and ids that are used twice. */
function referenceProblems(
  scenario: Scenario,
  intents: ReadonlySet<string>,
): { path: Path; message: string }[] {
  const problems: { path: Path; message: string }[] = [];
  const known = new Set([...intents, ...Object.keys(scenario.cues)]);
  const check = (used: string, path: Path): void => {
    if (!known.has(used)) {
      problems.push({ path, message: `"${used}" is neither a cue of this scenario nor an intent` });
    }
  };
  const unique = (ids: string[], path: Path): void => {
    ids.forEach((id, index) => {
      if (ids.indexOf(id) !== index) {
        problems.push({ path: [...path, index, 'id'], message: `"${id}" is used twice` });
      }
    });
  };
  scenario.aims.forEach((aim, i) => {
    aim.reachedBy.forEach((used, j) => check(used, ['aims', i, 'reachedBy', j]));
  });
  scenario.stages.forEach((stage, i) => {
    stage.movesOn.hears.forEach((used, j) => check(used, ['stages', i, 'movesOn', 'hears', j]));
    stage.reactions.forEach((item, j) => check(item.to, ['stages', i, 'reactions', j, 'to']));
    if (stage.movesOn.minTurns > stage.movesOn.maxTurns) {
      problems.push({ path: ['stages', i, 'movesOn'], message: 'minTurns is above maxTurns' });
    }
  });
  scenario.reactions.forEach((item, i) => check(item.to, ['reactions', i, 'to']));
  scenario.rubric.forEach((criterion, i) => {
    for (const side of ['for', 'against'] as const) {
      for (const used of Object.keys(criterion[side])) check(used, ['rubric', i, side, used]);
    }
  });
  unique(
    scenario.aims.map((aim) => aim.id),
    ['aims'],
  );
  unique(
    scenario.stages.map((stage) => stage.id),
    ['stages'],
  );
  unique(
    scenario.rubric.map((criterion) => criterion.id),
    ['rubric'],
  );
  return problems;
}

/**
 * Reads one scenario from YAML text. `intents` are the names that the language's lexicon understands by itself.
 * Throws ScenarioError naming `fileName`, the line and the field of everything that is wrong. A text of no file has no
 * name that must fit its id, and is called "scenario".
 */
export function parseScenario(
  yamlText: string,
  file: string | undefined,
  intents: ReadonlySet<string> = COMMON_INTENTS,
): Scenario {
  const fileName = file ?? 'scenario';
  const counter = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: counter });
  const syntax = document.errors.map(
    (error) =>
      `${fileName}:${String(error.linePos?.[0].line ?? 1)}: ${error.message.split('\n')[0] ?? ''}`,
  );
  if (syntax.length > 0) throw new ScenarioError('SCENARIO_INVALID', syntax);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that multiply, or nesting without end.
    const reason = error instanceof Error ? error.message : String(error);
    throw new ScenarioError('SCENARIO_INVALID', [`${fileName}:1: ${reason}`]);
  }
  const parsed = scenarioSchema.safeParse(value);
  const problems = parsed.success
    ? referenceProblems(parsed.data, intents)
    : schemaProblems(parsed.error);
  if (parsed.success && file !== undefined && `${parsed.data.id}.yaml` !== file) {
    problems.push({ path: ['id'], message: `the file must be called ${parsed.data.id}.yaml` });
  }
  if (problems.length > 0 || !parsed.success) {
    throw new ScenarioError(
      'SCENARIO_INVALID',
      problems.map(
        ({ path, message }) =>
          `${fileName}:${String(lineOf(document, counter, path))}: ${fieldName(path)}: ${message}`,
      ),
    );
  }
  return parsed.data;
}

/** Intents that every lexicon in agents/persona/lexicon defines; a test holds the two together. */
export const COMMON_INTENTS: ReadonlySet<string> = new Set([
  'greeting',
  'goodbye',
  'stop',
  'repeat',
  'hold-on',
  'yes',
  'no',
  'unsure',
  'acknowledge',
  'empathy',
  'apology',
  'ownership',
  'blame',
  'excuse',
  'vague',
  'hostile',
  'swearing',
  'refusal',
  'thanks',
  'praise',
  'complaint',
  'commitment',
  'example',
  'result',
  'feeling',
  'request',
  'question',
  'open-question',
  'number',
  'time',
  'short-answer',
  'long-answer',
]);

/** What was read, by path: a file that has not changed since is the same object again, with all that was made of it. */
const read = new Map<string, { stamp: string; scenario: Scenario }>();

function readScenario(folder: string, fileName: string): Scenario {
  const path = join(folder, fileName);
  const { mtimeMs, size } = statSync(path);
  const stamp = `${String(mtimeMs)} ${String(size)}`;
  const known = read.get(path);
  if (known?.stamp === stamp) {
    return known.scenario;
  }
  const scenario = parseScenario(readFileSync(path, 'utf8'), fileName);
  read.set(path, { stamp, scenario });
  return scenario;
}

/** Reads `id` from `folder`. Throws ScenarioError: SCENARIO_UNKNOWN when there is no such file, else SCENARIO_INVALID. */
export function loadScenario(id: string, folder = SCENARIO_FOLDER): Scenario {
  const fileName = `${id}.yaml`;
  if (basename(fileName) !== fileName || !readdirSync(folder).includes(fileName)) {
    throw new ScenarioError('SCENARIO_UNKNOWN', [`There is no scenario "${id}".`]);
  }
  return readScenario(folder, fileName);
}

/**
 * The scenario that came with a dispatch. Where it is the one of the file, the file's object is returned, with all that
 * was made of it ahead of the call.
 */
export function asLoaded(scenario: Scenario, folder = SCENARIO_FOLDER): Scenario {
  try {
    const loaded = loadScenario(scenario.id, folder);
    return JSON.stringify(loaded) === JSON.stringify(scenario) ? loaded : scenario;
  } catch {
    // No such file, or one that is being edited: what was published counts.
    return scenario;
  }
}

/** Each scenario of `folder` with the text of its file. Throws ScenarioError as `loadScenarios` does. */
export function loadScenarioFiles(
  folder = SCENARIO_FOLDER,
): { scenario: Scenario; yaml: string }[] {
  return loadScenarios(folder).map((scenario) => ({
    scenario,
    yaml: readFileSync(join(folder, `${scenario.id}.yaml`), 'utf8'),
  }));
}

/** Reads every scenario of `folder`, in the order of their ids. Throws ScenarioError with the problems of all files. */
export function loadScenarios(folder = SCENARIO_FOLDER): Scenario[] {
  const problems: string[] = [];
  const scenarios: Scenario[] = [];
  for (const fileName of readdirSync(folder).sort()) {
    if (!fileName.endsWith('.yaml')) continue;
    try {
      scenarios.push(readScenario(folder, fileName));
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ScenarioError('SCENARIO_INVALID', problems);
  return scenarios;
}

/** The public part of a scenario, for the catalogue page. */
export const summaryOf = (scenario: Scenario): ScenarioSummary =>
  scenarioSummarySchema.parse(scenario);
