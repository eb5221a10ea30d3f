/** Which texts a page shows. A scene in another language brings that language along for its own pages. */
import { createContext, useContext } from 'react';
import { en, type Strings } from './en.ts';

import { sv } from './sv.ts';

type Part<T> = T extends (...values: never[]) => string
  ? T
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { [Key in keyof T]?: Part<T[Key]> }
      : T;

export type { Strings };
export type PartialStrings = Part<Strings>;

const TRANSLATIONS: Record<string, PartialStrings> = { sv };

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(
  base: Record<string, unknown>,
  over: Record<string, unknown>,
): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = base[key];
    merged[key] = isGroup(below) && isGroup(value) ? merge(below, value) : value;
  }
  return merged;
}

/** The texts for a two-letter language code; what is not translated is English. */
export function stringsFor(language: string): Strings {
  const translation = TRANSLATIONS[language];
  if (translation === undefined) return en;
  return merge(en, translation as Record<string, unknown>) as Strings;
}

/** The languages whose pages into and during a call are translated. */
export const isTranslated = (language: string): boolean =>
  language === 'en' || language in TRANSLATIONS;

export const StringsContext = createContext<Strings>(en);

export const useStrings = (): Strings => useContext(StringsContext);

/** The name of a language, in English or in the language of the page: 'sv' gives "Swedish" or "svenska". */
export function languageName(code: string, pageLanguage = 'en'): string {
  try {
    const name = new Intl.DisplayNames([pageLanguage], { type: 'language' }).of(code);
    return name ?? code;
  } catch {
    return code;
  }
}
