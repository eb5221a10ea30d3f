/** Light or dark: the system's choice until the learner makes one, which this browser then remembers. */
import { useState } from 'react';
import { readLocal, writeLocal } from './storage/browser-storage.ts';

export type Theme = 'light' | 'dark';

const KEY = 'understudy.theme';

function isTheme(value: unknown): value is Theme {
  return value === 'light' || value === 'dark';
}

/** Puts the remembered choice on the document. Called once, before the first render. */
export function applyStoredTheme(): void {
  const stored = readLocal(KEY);
  if (isTheme(stored)) document.documentElement.dataset['theme'] = stored;
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (isTheme(chosen)) return chosen;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function useTheme(): { theme: Theme; toggle: () => void } {
  const [theme, setTheme] = useState(currentTheme);
  const toggle = () => {
    const next: Theme = theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    writeLocal(KEY, next);
    setTheme(next);
  };
  return { theme, toggle };
}
