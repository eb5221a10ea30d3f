/** The frame of every page but the call: app bar, main landmark, title, and focus after a move. */
import { Moon, Sun } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { useStrings } from '../strings/strings.ts';
import { useTheme } from '../theme.ts';
import { Account } from '../sign-in/account.tsx';
import { Link } from './link.tsx';
import { Mark } from './mark.tsx';

let visited = false;

/** Titles the tab, and after the first page moves the focus to the new page's top, so that it is read out. */
export function usePageTitle(title: string) {
  const top = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${title} · Understudy`;
  }, [title]);
  useEffect(() => {
    if (visited) top.current?.focus({ preventScroll: true });
    visited = true;
  }, []);
  return top;
}

export function PageFrame({
  title,
  section,
  className = 'page',
  children,
}: {
  title: string;
  section?: 'rehearse' | 'reports';
  className?: string;
  children: ReactNode;
}) {
  const strings = useStrings();
  const { theme, toggle } = useTheme();
  const top = usePageTitle(title);
  const current = (name: string) => (section === name ? ('page' as const) : undefined);
  return (
    <>
      <a className="skip" href="#main">
        {strings.app.skip}
      </a>
      <header className="bar">
        <Mark />
        <nav aria-label={strings.app.mainNavigation}>
          <Link href="/" aria-current={current('rehearse')}>
            {strings.app.rehearse}
          </Link>
          <Link href="/reports" aria-current={current('reports')}>
            {strings.app.myReports}
          </Link>
        </nav>
        <div className="trailing">
          <Account />
          <button
            type="button"
            className="button quiet square"
            onClick={toggle}
            aria-label={theme === 'dark' ? strings.app.toLight : strings.app.toDark}
          >
            {theme === 'dark' ? (
              <Sun className="icon" aria-hidden="true" />
            ) : (
              <Moon className="icon" aria-hidden="true" />
            )}
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1} ref={top} className={className}>
        {children}
      </main>
    </>
  );
}
