import { expect, it } from 'vitest';
import { addressOfToday } from './old-addresses.ts';
import { SCENARIO, testSignaling } from './testing.ts';

it.each([
  ['/api/scenarios', '/api/v1/catalogue'],
  ['/api/sessions', '/api/v1/sessions'],
  ['/api/sessions/x/recording/call.mp4?ticket=1', '/api/v1/sessions/x/recording/call.mp4?ticket=1'],
  ['/api/avatar-workers', '/api/v1/avatar-workers'],
  ['/api/avatars?x', '/api/v1/avatars?x'],
  ['/api/v1/sessions', '/api/v1/sessions'],
  ['/api/internal/sessions/x/report', '/api/internal/sessions/x/report'],
  ['/api/sessionsX', '/api/sessionsX'],
  ['/', '/'],
])('%s is now %s', (old, today) => {
  expect(addressOfToday(old)).toBe(today);
});

it('an old address answers as before, and says that it is old', async () => {
  const { app } = await testSignaling();
  const old = await app.inject('/api/scenarios');
  expect(old.json<{ scenarios: unknown }>().scenarios).toEqual([SCENARIO]);
  expect(old.headers['deprecation']).toBe('true');
  const today = await app.inject('/api/v1/catalogue');
  expect(today.headers).not.toHaveProperty('deprecation');
});
