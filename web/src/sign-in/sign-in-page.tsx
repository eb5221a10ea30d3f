/** Signing in, and out. */
import { CircleAlert, CircleUser } from 'lucide-react';
import { useState } from 'react';
import type { Me } from '#signaling/api-types.ts';
import { providerAddress, signIn, signOut } from '../api/client.ts';
import { ApiError } from '../api/problem.ts';
import { Blank } from '../parts/blank.tsx';
import { Link } from '../parts/link.tsx';
import { PageFrame } from '../parts/page-frame.tsx';
import { navigate } from '../router.ts';
import { useStrings, type Strings } from '../strings/strings.ts';
import { readSignInAddress } from './sign-in-address.ts';
import { SignInForm } from './sign-in-form.tsx';
import { refreshMe, useMe } from './use-me.ts';

type Person = NonNullable<Me['person']>;

function messageOf(error: unknown, { signIn: texts }: Strings): string {
  if (!(error instanceof ApiError)) return texts.unknownTrouble;
  if (error.code === 'SIGN_IN_THROTTLED') {
    return texts.throttled(Math.max(1, Math.ceil((error.retryAfterS ?? 900) / 60)));
  }
  return texts.troubles[error.code] ?? texts.unknownTrouble;
}

export function SignInPage() {
  const strings = useStrings();
  const texts = strings.signIn;
  const me = useMe();
  const [{ next, problem }] = useState(() => readSignInAddress(location.search));
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState(
    problem === null ? null : (texts.troubles[problem] ?? texts.unknownTrouble),
  );
  const submit = (email: string, password: string) => {
    setBusy(true);
    setTrouble(null);
    signIn(email, password).then(
      async () => {
        await refreshMe();
        navigate(next ?? '/', { replace: true });
      },
      (error: unknown) => {
        setBusy(false);
        setTrouble(messageOf(error, strings));
      },
    );
  };
  const person = me === 'unknown' ? null : me.person;
  if (person !== null && !busy) return <SignedIn person={person} />;
  const mode = me === 'unknown' ? 'optional' : me.signIn;
  const provider = me === 'unknown' ? null : me.provider;
  return (
    <PageFrame title={texts.title} className="page sign-in">
      <section className="card">
        <h1>{texts.heading}</h1>
        <p className="quietly">
          {mode === 'none' ? texts.noNeed : next === null ? texts.lead : texts.leadToStart}
        </p>
        {trouble === null ? null : (
          <div className="trouble" role="alert" data-testid="sign-in-trouble">
            <CircleAlert className="icon" aria-hidden="true" />
            <p>
              <b>{texts.troubleTitle}</b>
              <br />
              {trouble}
            </p>
          </div>
        )}
        {provider === null ? null : (
          <>
            <a className="button big" href={providerAddress(next ?? '/')} data-testid="provider">
              {texts.provider(provider.name)}
            </a>
            <p className="or quietly small-text">{texts.or}</p>
          </>
        )}
        <SignInForm busy={busy} onSubmit={submit} />
      </section>
    </PageFrame>
  );
}

function SignedIn({ person }: { person: Person }) {
  const strings = useStrings();
  const texts = strings.signIn;
  const [failed, setFailed] = useState(false);
  const leave = () => {
    setFailed(false);
    signOut().then(refreshMe, () => setFailed(true));
  };
  return (
    <PageFrame title={texts.title} className="page">
      <Blank
        level={1}
        glyph={<CircleUser className="glyph" aria-hidden="true" />}
        title={texts.signedInHeading(person.displayName)}
        actions={
          <>
            <Link className="button primary" href="/">
              {strings.app.allScenes}
            </Link>
            <button type="button" className="button" onClick={leave} data-testid="sign-out">
              {texts.signOut}
            </button>
          </>
        }
      >
        <p>{texts.signedInAs(person.email)}</p>
        <p>
          <span className="chip">{texts.roles[person.role]}</span>
        </p>
        {failed ? <p role="alert">{texts.signOutFailed}</p> : null}
      </Blank>
    </PageFrame>
  );
}
