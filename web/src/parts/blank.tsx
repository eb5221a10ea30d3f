/** A page or card with nothing to show yet: what it is, why, and what to do. */
import type { ReactNode } from 'react';

export function Blank({
  glyph,
  title,
  children,
  actions,
  level = 2,
  alert = false,
}: {
  glyph?: ReactNode;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  level?: 1 | 2;
  /** Something went wrong: said at once by screen readers. */
  alert?: boolean;
}) {
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <section className="card blank" role={alert ? 'alert' : undefined}>
      {glyph}
      <Heading className={level === 1 ? 'blank-title' : undefined}>{title}</Heading>
      {children}
      {actions === undefined ? null : <div className="row wrap">{actions}</div>}
    </section>
  );
}
