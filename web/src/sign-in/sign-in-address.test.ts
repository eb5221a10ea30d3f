import { expect, it } from 'vitest';
import { readSignInAddress, signInPath } from './sign-in-address.ts';

it('leads back to where one came from', () => {
  const { search } = new URL(signInPath('/join/late-report?x=1'), 'http://page');
  expect(readSignInAddress(search)).toEqual({ next: '/join/late-report?x=1', problem: null });
});

it.each(['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', ''])(
  'leads nobody to %j',
  (next) => {
    expect(readSignInAddress(`?next=${encodeURIComponent(next)}`).next).toBeNull();
  },
);

it('tells why the provider has sent somebody back', () => {
  expect(readSignInAddress('?problem=PERSON_DISABLED').problem).toBe('PERSON_DISABLED');
});
