import { expect, it } from 'vitest';
import { readSignalingOptions } from './options.ts';
import { NOTHING_MEASURED, SECTION_NAMES, signalingTable } from './report.ts';

it('runs every section unless some are named', () => {
  expect(readSignalingOptions([])).toMatchObject({
    sections: SECTION_NAMES,
    quick: false,
    seed: 1,
  });
  expect(readSignalingOptions(['--only', 'soak,door', '--quick', '--seed', '7'])).toMatchObject({
    sections: ['soak', 'door'],
    quick: true,
    seed: 7,
  });
  expect(readSignalingOptions(['--help'])).toBe('help');
});

it.each([['--only', 'picnic'], ['--seed', 'x'], ['--seed', '-1'], ['--minutes']])(
  'does not understand %s %s',
  (...args) => {
    expect(() => readSignalingOptions(args)).toThrow();
  },
);

it('the table says why a section was not measured', () => {
  const table = signalingTable(
    {
      ...NOTHING_MEASURED,
      detail: {
        sections: {},
        failures: { soak: 'no LiveKit server' },
        seed: 1,
        machine: {
          ...{ cores: 2, model: 'm', memoryGiB: 4, node: 'v20', loadBefore: 0.1, loadAfter: 2 },
          ...{ startedAt: '', minutes: 1 },
        },
      },
    },
    [{ figure: 'sessions a second', reach: '≥ 300', measured: '310', n: '3,000' }],
  );
  expect(table).toContain('Not measured: soak: no LiveKit server');
  expect(table).toMatch(/sessions a second +≥ 300 +310 +3,000/u);
});
