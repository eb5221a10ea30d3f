import { describe, expect, it } from 'vitest';
import type { ScenarioSummary } from '#signaling/api-types.ts';
import {
  applyFilters,
  countKinds,
  isFiltered,
  languagesOf,
  lengthOf,
  NO_FILTERS,
} from './filters.ts';

function scene(id: string, change: Partial<ScenarioSummary>): ScenarioSummary {
  return {
    id,
    kind: 'roleplay',
    title: 'Tell a report that a deadline slipped',
    summary: 'You bring bad news to somebody who trusted you.',
    quote: 'What changed?',
    language: 'en',
    difficulty: 'testing',
    durationMinutes: 8,
    persona: { name: 'Maya', role: 'your report', face: 'a' },
    aims: [
      { id: 'early', text: 'Say the decision early' },
      { id: 'next', text: 'Agree a next step' },
    ],
    ...change,
  };
}

const scenes = [
  scene('slip', {}),
  scene('interview', {
    kind: 'interview',
    title: 'A first job interview',
    difficulty: 'gentle',
    durationMinutes: 12,
  }),
  scene('kund', {
    kind: 'feedback',
    title: 'En missnöjd kund',
    language: 'sv',
    durationMinutes: 5,
  }),
];
const ids = (list: ScenarioSummary[]) => list.map((item) => item.id);

describe('applyFilters', () => {
  it('shows everything without filters, in the given order', () => {
    expect(ids(applyFilters(scenes, NO_FILTERS))).toEqual(['slip', 'interview', 'kund']);
  });

  it('wants every word, wherever it stands and whatever its accents and case', () => {
    expect(ids(applyFilters(scenes, { ...NO_FILTERS, text: 'missnojd KUND' }))).toEqual(['kund']);
    expect(ids(applyFilters(scenes, { ...NO_FILTERS, text: 'maya deadline' }))).toEqual(['slip']);
    expect(ids(applyFilters(scenes, { ...NO_FILTERS, text: 'swedish' }))).toEqual(['kund']);
    expect(applyFilters(scenes, { ...NO_FILTERS, text: 'deadline welsh' })).toEqual([]);
  });

  it('combines kind, language, difficulty and length', () => {
    expect(
      ids(applyFilters(scenes, { ...NO_FILTERS, kind: 'interview', difficulty: 'gentle' })),
    ).toEqual(['interview']);
    expect(applyFilters(scenes, { ...NO_FILTERS, kind: 'interview', language: 'sv' })).toEqual([]);
    expect(ids(applyFilters(scenes, { ...NO_FILTERS, length: 'short' }))).toEqual(['kund']);
  });
});

describe('countKinds', () => {
  it('counts with the other filters, whichever kind is chosen', () => {
    expect(countKinds(scenes, { ...NO_FILTERS, kind: 'feedback', language: 'en' })).toEqual({
      all: 2,
      roleplay: 1,
      interview: 1,
      feedback: 0,
    });
  });
});

it('sorts lengths at 5 and 10 minutes', () => {
  expect([5, 6, 10, 11].map(lengthOf)).toEqual(['short', 'medium', 'medium', 'long']);
});

it('lists languages by name and knows when nothing is filtered', () => {
  expect(languagesOf(scenes)).toEqual(['en', 'sv']);
  expect(isFiltered({ ...NO_FILTERS, text: '  ' })).toBe(false);
  expect(isFiltered({ ...NO_FILTERS, length: 'long' })).toBe(true);
});
