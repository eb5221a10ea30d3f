/** The catalogue as a table. */
import type { Weights } from './catalogue.ts';

export type ListedWeights = Weights & { here: boolean };

export function formatList(all: readonly ListedWeights[]): string {
  const rows = all.map((weights) => [
    weights.here ? 'here' : '',
    weights.id,
    `${String(weights.megabytes)} MB`,
    weights.languages.join(' '),
    weights.commercialUse ? weights.licence : `${weights.licence} (not for commercial use)`,
    weights.title,
  ]);
  const head = ['', 'ID', 'SIZE', 'LANGUAGES', 'LICENCE', ''];
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
