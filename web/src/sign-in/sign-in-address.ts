/** Addresses of the sign-in page: where it leads afterwards, and why it was opened. */

/** A path of this page: nothing that a browser reads as another host. */
const OWN_PATH = /^\/(?![/\\])[\x21-\x7e]*$/;

/** The page that signs in and then leads to `next`, a path. */
export const signInPath = (next: string): string => `/sign-in?next=${encodeURIComponent(next)}`;

/** What the address says. `next` is null where it names no path of this page. */
export function readSignInAddress(search: string): {
  next: string | null;
  /** A code of the API, where a sign-in with the provider did not work out. */
  problem: string | null;
} {
  const given = new URLSearchParams(search);
  const next = given.get('next');
  return {
    next: next !== null && OWN_PATH.test(next) ? next : null,
    problem: given.get('problem'),
  };
}
