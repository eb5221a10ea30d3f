/** Puts together what lets people and programs in. */
import type { Authority } from '../authority.ts';
import type { Records } from '../data/records.ts';
import { ApiKeyCheck } from './api-key-check.ts';
import { DeniedLog } from './denied-log.ts';
import { Doorkeeper, type SignInMode } from './doorkeeper.ts';
import { LocalSignIn } from './local-sign-in.ts';
import { OpenIdSignIn, type OpenIdOptions, type ProviderSettings } from './open-id.ts';
import { People } from './people.ts';
import { SignIns } from './sign-ins.ts';
import { SignInThrottle } from './throttle.ts';

export interface Door {
  mode: SignInMode;
  authority: Authority;
  signIns: SignIns;
  people: People;
  local: LocalSignIn;
  denied: DeniedLog;
  /** Undefined where none is set up. */
  provider: OpenIdSignIn | undefined;
}

export interface DoorOptions {
  records: Records;
  tokens: Authority;
  mode: SignInMode;
  provider?: (ProviderSettings & Pick<OpenIdOptions, 'fetch'>) | undefined;
  now: () => Date;
}

export function makeDoor({ records, tokens, mode, provider, now }: DoorOptions): Door {
  const signIns = new SignIns(records.signIns, now);
  const people = new People(records.people, signIns, now);
  const denied = new DeniedLog(records.audit, now);
  return {
    ...{ mode, signIns, people, denied },
    authority: new Doorkeeper({
      ...{ tokens, signIns, denied, mode },
      keys: new ApiKeyCheck(records.apiKeys, now),
      sessions: records.sessions,
    }),
    local: new LocalSignIn(records.people, new SignInThrottle(records.signIns, now)),
    provider:
      provider === undefined
        ? undefined
        : new OpenIdSignIn({ ...provider, records: records.signIns, people, now }),
  };
}
