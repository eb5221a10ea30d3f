import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scenarioSummarySchema } from './catalogue.ts';
import { scenarioSchema, type Scenario } from './scenario.ts';
import {
  asLoaded,
  loadScenario,
  loadScenarios,
  parseScenario,
  SCENARIO_FOLDER,
  ScenarioError,
  summaryOf,
} from './scenario-store.ts';

const id = 'after-purchase';
const good = readFileSync(join(SCENARIO_FOLDER, `${id}.yaml`), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function problemsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

const lineWith = (text: string, part: string): number =>
  text.split('\n').findIndex((line) => line.includes(part)) + 1;

describe('the scenarios that ship', () => {
  it('are one of each kind in English, and one in Swedish', () => {
    const scenarios = loadScenarios();
    const english = scenarios.filter(({ language }) => language === 'en');
    expect(english.map(({ kind }) => kind).sort()).toEqual(['feedback', 'interview', 'roleplay']);
    expect(scenarios.some(({ language }) => language === 'sv')).toBe(true);
  });

  it('show the catalogue their public part and no more', () => {
    const summary = summaryOf(loadScenario(id));
    expect(scenarioSummarySchema.strict().parse(summary)).toEqual(summary);
    expect(Object.keys(summary)).not.toContain('stages');
    expect(Object.keys(summary.persona)).toEqual(['name', 'role', 'face']);
  });
});

describe('a scenario that is wrong', () => {
  it('is told with file, line and field', () => {
    const bad = good.replace('difficulty: gentle', 'difficulty: easy');
    const [problem] = problemsOf(() => parseScenario(bad, `${id}.yaml`));
    expect(problem).toMatch(
      new RegExp(`^${id}\\.yaml:${String(lineWith(bad, 'difficulty: easy'))}: difficulty: `),
    );
  });

  it('is told where a cue is used that nobody defines', () => {
    const bad = good.replace(/- to: insult/, '- to: insutl');
    const [problem] = problemsOf(() => parseScenario(bad, `${id}.yaml`));
    expect(problem).toContain(`:${String(lineWith(bad, 'insutl'))}: reactions[0].to: "insutl"`);
  });

  it('is told of a field that does not exist, and of one that is missing', () => {
    const extra = problemsOf(() => parseScenario(`${good}\ncolour: red\n`, `${id}.yaml`));
    expect(extra.join()).toContain('colour');
    const missing = good.replace(/^briefing: >-\n(?: {2}.*\n)+/m, '');
    expect(problemsOf(() => parseScenario(missing, `${id}.yaml`)).join()).toContain('briefing');
  });

  it('is told of a line that is no YAML', () => {
    const bad = good.replace('kind: feedback', 'kind: [feedback');
    expect(problemsOf(() => parseScenario(bad, `${id}.yaml`))[0]).toMatch(
      /^after-purchase\.yaml:\d+: /,
    );
  });

  it('must be called as its file is', () => {
    expect(problemsOf(() => parseScenario(good, 'other.yaml'))[0]).toContain('after-purchase.yaml');
  });

  it('does not hide the problems of the others', () => {
    writeFileSync(join(folder, 'a.yaml'), 'id: a\n');
    writeFileSync(join(folder, 'b.yaml'), ': :\n  -');
    const problems = problemsOf(() => loadScenarios(folder)).join('\n');
    expect(problems).toContain('a.yaml:');
    expect(problems).toContain('b.yaml:');
  });
});

describe('a scenario that came with a dispatch', () => {
  const travelled = (scenario: Scenario): Scenario =>
    scenarioSchema.parse(JSON.parse(JSON.stringify(scenario)));

  it('is the one of the file where it is the same', () => {
    const loaded = loadScenario(id);
    expect(asLoaded(travelled(loaded))).toBe(loaded);
  });

  it('counts before the file where it differs, or where there is no file', () => {
    const edited = { ...travelled(loadScenario(id)), title: 'Another title' };
    expect(asLoaded(edited)).toBe(edited);
    const own = { ...edited, id: 'of-the-api-only' };
    expect(asLoaded(own)).toBe(own);
  });
});

describe('hostile YAML', () => {
  it.each([
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `b${String(i)}: &b${String(i)} [${Array.from({ length: 9 }, () => `*${i === 0 ? 'a' : `b${String(i - 1)}`}`).join(',')}]`).join('\n')}`,
    ],
    ['nesting without end', '['.repeat(20_000)],
    ['a prototype', '__proto__: {id: x}'],
  ])('%s is told as invalid', (_name, text) => {
    expect(() => parseScenario(text, 'x.yaml')).toThrow(ScenarioError);
  });
});

describe('loadScenario', () => {
  it.each(['nobody', '../package', 'x/../after-purchase', ''])('knows no "%s"', (name) => {
    expect(() => loadScenario(name)).toThrow(ScenarioError);
  });
});
