import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRegions, readRegions, RegionFileError } from './region-file.ts';

const SECRET = 'a-secret-that-livekit-takes-for-long-enough';
const keysAt = (place: object): string =>
  'file' in place ? `KEYF: ${SECRET}\n` : `KEYV: ${SECRET}-too`;
const ONE = `
regions:
  - id: eu-north
    url: wss://eu.example.org
    keys: { file: /run/keys }
    capacity: 40
`;

describe('the file of regions', () => {
  it('needs little, and fills in the rest', () => {
    expect(parseRegions(ONE, keysAt)).toEqual([
      {
        ...{ id: 'eu-north', capacity: 40, location: null },
        ...{ url: 'wss://eu.example.org', internalUrl: 'wss://eu.example.org' },
        probeUrl: 'https://eu.example.org',
        keys: { apiKey: 'KEYF', apiSecret: SECRET },
      },
    ]);
  });

  it('is JSON, too, and says everything else', () => {
    const given = {
      ...{ id: 'west', url: 'ws://west:7880', internalUrl: 'http://10.0.0.1:7880', capacity: 1 },
      ...{ probeUrl: 'http://west/ok', location: { lat: -33.9, lon: 151.2 } },
    };
    const text = JSON.stringify({ regions: [{ ...given, keys: { variable: 'WEST' } }] });
    const keys = { apiKey: 'KEYV', apiSecret: `${SECRET}-too` };
    expect(parseRegions(text, keysAt)).toEqual([{ ...given, keys }]);
  });

  it('has its keys in files or variables, which no message repeats', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-regions-'));
    const keys = join(folder, 'keys');
    const file = join(folder, 'regions.yaml');
    await writeFile(file, ONE.replace('/run/keys', keys));
    expect(() => readRegions(file)).toThrow(/keys\.file: .* cannot be read/u);
    await writeFile(keys, 'short: my-short-secret');
    expect(() => readRegions(file)).toThrow(/eu-north/u);
    expect(() => readRegions(file)).not.toThrow(/my-short-secret/u);
    await writeFile(keys, `KEY: ${SECRET}`);
    expect(readRegions(file)).toMatchObject([{ keys: { apiKey: 'KEY', apiSecret: SECRET } }]);
    await writeFile(file, ONE.replace('file: /run/keys', 'variable: EU'));
    expect(() => readRegions(file, {})).toThrow(/EU is not set/u);
    expect(readRegions(file, { EU: `KEY:${SECRET}` })).toHaveLength(1);
    expect(() => readRegions(join(folder, 'none'))).toThrow(RegionFileError);
    await rm(folder, { recursive: true });
  });

  it.each([
    ['nothing', ''],
    ['no YAML', 'regions: ['],
    ['no regions', 'regions: []'],
    ['a key in the open', ONE.replace('{ file: /run/keys }', '{ apiKey: x, apiSecret: y }')],
    ['an unknown field', `${ONE}    capacty: 3\n`],
    ['no capacity', ONE.replace('capacity: 40', '')],
    ['capacity 0', ONE.replace('40', '0')],
    ['another protocol', ONE.replace('wss:', 'https:')],
    ['an id with spaces', ONE.replace('eu-north', 'EU north')],
    ['a place off the globe', `${ONE}    location: { lat: 91, lon: 0 }\n`],
    ['the same id twice', ONE + ONE.replace('\nregions:\n', '').replace('wss://eu', 'wss://us')],
    ['the same url twice', ONE + ONE.replace('\nregions:\n', '').replace('eu-north', 'other')],
  ])('with %s is refused', (_what, text) => {
    expect(() => parseRegions(text, keysAt)).toThrow(RegionFileError);
  });

  it('does not take one key with two secrets', () => {
    let count = 0;
    const changing = (): string => `KEY: ${SECRET}-${String((count += 1))}`;
    const two = ONE + ONE.replace('\nregions:\n', '').replaceAll('eu', 'us');
    expect(() => parseRegions(two, changing)).toThrow(/another secret/u);
  });
});
