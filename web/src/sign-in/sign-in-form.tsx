/** Email and password. */
import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { useStrings } from '../strings/strings.ts';

const LONGEST_EMAIL = 254;
const LONGEST_PASSWORD = 200;

export function SignInForm({
  busy,
  onSubmit,
}: {
  busy: boolean;
  onSubmit: (email: string, password: string) => void;
}) {
  const texts = useStrings().signIn;
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onSubmit(email, password);
      }}
    >
      <div className="labelled">
        <label htmlFor="sign-in-email">{texts.email}</label>
        <div className="field">
          <input
            id="sign-in-email"
            type="email"
            name="email"
            autoComplete="username"
            maxLength={LONGEST_EMAIL}
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </div>
      </div>
      <div className="labelled">
        <label htmlFor="sign-in-password">{texts.password}</label>
        <div className="field">
          <input
            id="sign-in-password"
            type={shown ? 'text' : 'password'}
            name="password"
            autoComplete="current-password"
            maxLength={LONGEST_PASSWORD}
            required
            value={password}
            aria-describedby="sign-in-forgotten"
            onChange={(event) => setPassword(event.target.value)}
          />
          <button
            type="button"
            className="button quiet square"
            aria-pressed={shown}
            aria-label={shown ? texts.hide : texts.show}
            onClick={() => setShown(!shown)}
          >
            {shown ? (
              <EyeOff className="icon" aria-hidden="true" />
            ) : (
              <Eye className="icon" aria-hidden="true" />
            )}
          </button>
        </div>
        <p id="sign-in-forgotten" className="quietly small-text">
          {texts.forgotten}
        </p>
      </div>
      <button type="submit" className="button primary big" disabled={busy} data-testid="sign-in">
        {busy ? texts.submitting : texts.submit}
      </button>
    </form>
  );
}
