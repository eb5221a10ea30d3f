import { expect, it } from 'vitest';
import { measure, median } from './regions.ts';

it('the median is the one in the middle', () => {
  expect(median([])).toBeUndefined();
  expect(median([7])).toBe(7);
  expect(median([9, 1, 4])).toBe(4);
  expect(median([9, 1, 4, 6])).toBe(5);
});

it('a region is as far as the middle of its probes but the first, and missing where it is silent', async () => {
  const times: Record<string, (number | undefined)[]> = {
    'https://north': [400, 31, 30, 90],
    'https://south': [200, undefined],
    'https://west': [undefined],
    'https://east': [90, 80.4, 20, undefined],
  };
  const asked: string[] = [];
  const latencies = await measure(
    ['north', 'south', 'west', 'east'].map((id) => ({ id, probeUrl: `https://${id}` })),
    (url) => {
      asked.push(url);
      return Promise.resolve(times[url]?.shift());
    },
  );
  expect(latencies).toEqual({ north: 31, east: 50 });
  expect(asked.filter((url) => url === 'https://south')).toHaveLength(2);
});
