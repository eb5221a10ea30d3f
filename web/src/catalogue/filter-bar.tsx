/** Kind, language, difficulty and length. On a phone the last three hide behind one button. */
import { SlidersHorizontal } from 'lucide-react';
import { useState } from 'react';
import { Select } from '../parts/select.tsx';
import { languageName, useStrings } from '../strings/strings.ts';
import { DIFFICULTIES, KINDS, LENGTHS, type Filters } from './filters.ts';

export function FilterBar({
  filters,
  counts,
  languages,
  onChange,
}: {
  filters: Filters;
  counts: Record<string, number>;
  languages: readonly string[];
  onChange: (change: Partial<Filters>) => void;
}) {
  const strings = useStrings();
  const texts = strings.catalogue;
  const [open, setOpen] = useState(false);
  return (
    <div className="filters">
      <div className="segment" role="group" aria-label={texts.kind}>
        {(['all', ...KINDS] as const).map((kind) => (
          <button
            key={kind}
            type="button"
            aria-pressed={filters.kind === kind}
            onClick={() => onChange({ kind })}
          >
            {kind === 'all' ? texts.all : strings.kinds[kind]} <b>{counts[kind]}</b>
          </button>
        ))}
      </div>
      <button
        type="button"
        className="button more"
        aria-expanded={open}
        aria-controls="more-filters"
        onClick={() => setOpen(!open)}
      >
        <SlidersHorizontal className="icon" aria-hidden="true" />
        {texts.moreFilters}
      </button>
      <div id="more-filters" className={open ? 'selects open' : 'selects'}>
        <Select
          label={texts.language}
          value={filters.language}
          options={[
            { value: 'any', text: texts.anyLanguage },
            ...languages.map((code) => ({ value: code, text: languageName(code) })),
          ]}
          onChange={(language) => onChange({ language })}
        />
        <Select
          label={texts.difficulty}
          value={filters.difficulty}
          options={[
            { value: 'any', text: texts.anyDifficulty },
            ...DIFFICULTIES.map((value) => ({ value, text: strings.difficulties[value] })),
          ]}
          onChange={(value) =>
            onChange({ difficulty: DIFFICULTIES.find((one) => one === value) ?? 'any' })
          }
        />
        <Select
          label={texts.length}
          value={filters.length}
          options={[
            { value: 'any', text: texts.anyLength },
            ...LENGTHS.map((value) => ({ value, text: texts.lengths[value] })),
          ]}
          onChange={(value) => onChange({ length: LENGTHS.find((one) => one === value) ?? 'any' })}
        />
      </div>
    </div>
  );
}
