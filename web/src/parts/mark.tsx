/** The sign of Understudy: two players, one of them lit. */
import { Link } from './link.tsx';

export function Mark() {
  return (
    <Link className="mark" href="/" aria-label="Understudy, all scenes">
      <svg
        viewBox="0 0 32 24"
        aria-hidden="true"
        fill="none"
        strokeWidth="2.5"
        stroke="currentColor"
      >
        <circle cx="20" cy="12" r="10" />
        <circle cx="12" cy="12" r="10" fill="var(--lamp)" />
      </svg>
      <span>Understudy</span>
    </Link>
  );
}
