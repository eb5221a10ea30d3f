/** What the catalogue shows for a search and a set of filters. Pure. */
import type { ScenarioSummary } from '#signaling/api-types.ts';
import { languageName } from '../strings/strings.ts';

export type Kind = ScenarioSummary['kind'];
export type Difficulty = ScenarioSummary['difficulty'];
export type Length = 'short' | 'medium' | 'long';

export interface Filters {
  text: string;
  kind: Kind | 'all';
  /** Two-letter code, or 'any'. */
  language: string;
  difficulty: Difficulty | 'any';
  length: Length | 'any';
}

export const NO_FILTERS: Filters = {
  text: '',
  kind: 'all',
  language: 'any',
  difficulty: 'any',
  length: 'any',
};

export const KINDS: readonly Kind[] = ['roleplay', 'interview', 'feedback'];
export const DIFFICULTIES: readonly Difficulty[] = ['gentle', 'testing', 'hard'];
export const LENGTHS: readonly Length[] = ['short', 'medium', 'long'];

export function lengthOf(durationMinutes: number): Length {
  if (durationMinutes <= 5) return 'short';
  return durationMinutes <= 10 ? 'medium' : 'long';
}

/** Lower case without accents, so that "resume" finds "résumé". */
function folded(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
}

/** The text in which a search looks. */
function searchable(scenario: ScenarioSummary): string {
  return folded(
    [
      scenario.title,
      scenario.summary,
      scenario.quote,
      scenario.persona.name,
      scenario.persona.role,
      scenario.kind,
      languageName(scenario.language),
      ...scenario.aims.map((aim) => aim.text),
    ].join(' '),
  );
}

function matches(scenario: ScenarioSummary, filters: Filters, withKind: boolean): boolean {
  if (withKind && filters.kind !== 'all' && scenario.kind !== filters.kind) return false;
  if (filters.language !== 'any' && scenario.language !== filters.language) return false;
  if (filters.difficulty !== 'any' && scenario.difficulty !== filters.difficulty) return false;
  if (filters.length !== 'any' && lengthOf(scenario.durationMinutes) !== filters.length)
    return false;
  const words = folded(filters.text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = searchable(scenario);
  return words.every((word) => text.includes(word));
}

/** Every word of the search must occur somewhere; order is kept. */
export function applyFilters(
  scenarios: readonly ScenarioSummary[],
  filters: Filters,
): ScenarioSummary[] {
  return scenarios.filter((scenario) => matches(scenario, filters, true));
}

/** How many scenes each kind would show with the other filters as they are. */
export function countKinds(
  scenarios: readonly ScenarioSummary[],
  filters: Filters,
): Record<Kind | 'all', number> {
  const counts = { all: 0, roleplay: 0, interview: 0, feedback: 0 };
  for (const scenario of scenarios) {
    if (!matches(scenario, filters, false)) continue;
    counts.all += 1;
    counts[scenario.kind] += 1;
  }
  return counts;
}

/** The languages on offer, by name. */
export function languagesOf(scenarios: readonly ScenarioSummary[]): string[] {
  return [...new Set(scenarios.map((scenario) => scenario.language))].sort((a, b) =>
    languageName(a).localeCompare(languageName(b)),
  );
}

export const isFiltered = (filters: Filters): boolean =>
  filters.text.trim() !== '' ||
  filters.kind !== 'all' ||
  filters.language !== 'any' ||
  filters.difficulty !== 'any' ||
  filters.length !== 'any';
