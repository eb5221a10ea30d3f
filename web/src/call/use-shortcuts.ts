/** Single-key shortcuts of the call. They rest while the learner types, and can be switched off (WCAG 2.1.4). */
import { useEffect, useRef } from 'react';

function isTypingIn(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** Keys are lower case. "?" is the way to the help, so it works even when the others are off. */
export function useShortcuts(on: boolean, actions: Record<string, () => void>): void {
  const latest = useRef({ on, actions });
  useEffect(() => {
    latest.current = { on, actions };
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTypingIn(event.target)) return;
      const key = event.key.toLowerCase();
      const act = latest.current.actions[key];
      if (act === undefined || (!latest.current.on && key !== '?')) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}
