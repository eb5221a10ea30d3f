import { describe, expect, it } from 'vitest';
import { readRuntimeOptions } from './options.ts';
import { NOTHING_MEASURED, SECTION_NAMES } from './report.ts';

describe('the command line of the runtime’s bench', () => {
  it('runs everything unless told otherwise', () => {
    expect(readRuntimeOptions([])).toEqual({
      jsonPath: undefined,
      sections: SECTION_NAMES,
      quick: false,
    });
    expect(readRuntimeOptions(['--only', 'rpc, face', '--json', 'f'])).toMatchObject({
      sections: ['rpc', 'face'],
      jsonPath: 'f',
    });
    expect(readRuntimeOptions(['--help'])).toBe('help');
  });

  it('names the sections where one is unknown', () => {
    expect(() => readRuntimeOptions(['--only', 'sound'])).toThrow(/there are rpc/u);
  });
});

describe('the report', () => {
  it('has the fields that others read', () => {
    expect(Object.keys(NOTHING_MEASURED)).toEqual([
      'rpcP99Ms',
      'lost',
      'requestsPerSecond',
      'tritonRequestsPerSecond',
      'faceOverheadRatio',
      'faceModelMs',
      'atlasPsnrDb',
      'atlasMs',
      'faceUnbatchedFps',
      'faceBatchedFps',
      'whisperGatheredMs',
      'whisperOneByOneMs',
      'ttsAdapterFirstByteMs',
      'cacheFirstByteMs',
      'failover',
      'gpu',
    ]);
  });
});
