/** In the bar: who is signed in, or the way to it. Nothing where nobody is asked to sign in. */
import { CircleUser } from 'lucide-react';
import { Link } from '../parts/link.tsx';
import { pathOf } from '../router.ts';
import { useStrings } from '../strings/strings.ts';
import { useMe } from './use-me.ts';

export function Account() {
  const strings = useStrings();
  const me = useMe();
  if (me === 'unknown' || (me.person === null && me.signIn === 'none')) return null;
  return (
    <Link className="button quiet account" href={pathOf({ name: 'sign-in' })}>
      <CircleUser className="icon" aria-hidden="true" />
      <span>{me.person?.displayName ?? strings.signIn.title}</span>
    </Link>
  );
}
