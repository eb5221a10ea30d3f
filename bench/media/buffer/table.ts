/** Each trace on a line, and the figures under it. */
import { show } from '../../runtime/report.ts';
import type { BufferResult } from './measure.ts';
import { PLAYERS } from './simulation.ts';

const HEAD = [
  'trace',
  'role',
  'survivable',
  'underruns/10 min (ours, fixed, none)',
  'added delay P50 ms (same)',
  'P95 ms',
  'start ms',
  'concealed',
  'stretched',
  'quiet',
];

export function bufferTable({ rows, detail }: BufferResult): string {
  const lines = detail.traces.map(({ name, role, survivableShare, players }) => {
    const { ours } = players;
    return [
      name,
      role,
      show(100 * survivableShare, ' %', 1),
      PLAYERS.map((player) => show(players[player].underrunsPerTenMinutes)).join(', '),
      PLAYERS.map((player) => show(players[player].addedDelayMs.p50)).join(', '),
      show(ours.addedDelayMs.p95),
      show(ours.startDelayMs, '', 0),
      show(100 * ours.concealedShare, ' %', 3),
      show(100 * ours.stretchedShare, ' %'),
      show(100 * ours.quietShare, ' %'),
    ];
  });
  const figures = rows.map(({ figure, reach, measured, n }) => [figure, reach, measured, n]);
  const note =
    `${show(detail.hours, ' h', 0)} of calls, ${String(detail.speedUp)} times as fast as they happen; ` +
    'delays, shares and the start are ours';
  return `${align([HEAD, ...lines])}\n\n${align([['figure', 'reach', 'measured', 'n'], ...figures])}\n${note}`;
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
