/** What benches of several sections have in common: running them one after another, their table, their JSON. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { MachineNote } from './machine-note.ts';

/** One line of the table. */
export interface Row {
  figure: string;
  reach: string;
  measured: string;
  n: string;
}

/** What one section measured. */
export interface Measured<Figures> {
  figures: Partial<Figures>;
  rows: readonly Row[];
  /** For looking closer, under `detail` in the JSON. */
  detail?: object | undefined;
}

export interface SectionsDetail<Name extends string> {
  sections: Partial<Record<Name, object>>;
  /** Sections, or figures of them, that could not be measured, and why. */
  failures: Partial<Record<Name, string>>;
  machine: MachineNote;
}

export type SectionsReport<Name extends string, Figures> = Figures & {
  detail: SectionsDetail<Name>;
};

type Say = (line: string) => void;

/** Runs the sections in their order. One that throws is not measured, and its message says why. */
export async function runSections<Name extends string, Figures extends object>(
  names: readonly Name[],
  nothing: Figures,
  measure: (name: Name, say: Say) => Promise<Measured<Figures>>,
  progress: Say,
): Promise<{ report: SectionsReport<Name, Figures>; rows: Row[] }> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const loadBefore = load();
  const rows: Row[] = [];
  const failures: Partial<Record<Name, string>> = {};
  const sections: Partial<Record<Name, object>> = {};
  let figures = nothing;
  for (const name of names) {
    progress(name);
    try {
      const result = await measure(name, (line) => {
        progress(`${name}: ${line}`);
      });
      figures = { ...figures, ...result.figures };
      rows.push(...result.rows);
      if (result.detail !== undefined) {
        sections[name] = result.detail;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failures[name] = why;
      progress(`${name}: not measured: ${why}`);
    }
  }
  const machine: MachineNote = {
    cores: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore,
    loadAfter: load(),
    startedAt,
    minutes: Number(((performance.now() - startedMs) / 60_000).toFixed(1)),
  };
  return { report: { ...figures, detail: { sections, failures, machine } }, rows };
}

/** Prints the table; writes the report where asked. */
export async function tell(
  report: object,
  table: string,
  jsonPath: string | undefined,
): Promise<void> {
  process.stdout.write(`${table}\n`);
  if (jsonPath !== undefined) {
    await writeFile(jsonPath, `${JSON.stringify(report, null, 2)}\n`);
  }
}

/** `note` stands before what is said of the machine. */
export function tableOf(
  { failures, machine }: Pick<SectionsDetail<string>, 'failures' | 'machine'>,
  rows: readonly Row[],
  note = '',
): string {
  const all = [{ figure: 'figure', reach: 'reach', measured: 'measured', n: 'n' }, ...rows];
  const wide = (of: (row: Row) => string): number => Math.max(...all.map((row) => of(row).length));
  const [a, b, c] = [wide((r) => r.figure), wide((r) => r.reach), wide((r) => r.measured)];
  return [
    ...all.map(({ figure, reach, measured, n }) =>
      `${figure.padEnd(a)}  ${reach.padEnd(b)}  ${measured.padEnd(c)}  ${n}`.trimEnd(),
    ),
    ...Object.entries(failures).map(([section, why]) => `Not measured: ${section}: ${String(why)}`),
    `${note}${String(machine.cores)} cores (${machine.model}), Node ${machine.node}, load ${String(machine.loadBefore)} before, ` +
      `${String(machine.loadAfter)} after, ${String(machine.minutes)} min`,
  ].join('\n');
}

/** The sections of `--only A,B`; all of them where it is absent. Throws RangeError for one that there is not. */
export function chosenSections<Name extends string>(
  known: readonly Name[],
  list: string | undefined,
): readonly Name[] {
  return list === undefined
    ? known
    : list.split(',').map((name) => {
        const section = known.find((one) => one === name.trim());
        if (section === undefined) {
          throw new RangeError(`There is no section “${name}”; there are ${known.join(', ')}.`);
        }
        return section;
      });
}

function load(): number {
  return Number(loadavg()[0]!.toFixed(2));
}
