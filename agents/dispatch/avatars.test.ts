import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadScenarios } from './scenario-store.ts';
import { AVATAR_NAME, listAvatars } from './avatars.ts';

it('lists drawn and neural avatars, and nothing that is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'avatars-'));
  await mkdir(join(folder, 'ann'));
  await mkdir(join(folder, 'Bad Name'));
  await writeFile(join(folder, 'notes'), '');
  const avatars = await listAvatars(folder);
  expect(avatars.at(-1)).toBe('neural/ann');
  expect(avatars.filter((name) => name.startsWith('neural/'))).toHaveLength(1);
  expect(avatars.every((name) => AVATAR_NAME.test(name))).toBe(true);
  for (const { persona } of loadScenarios()) {
    expect(avatars).toContain(persona.face);
  }
  await rm(folder, { recursive: true });
  expect(await listAvatars(folder)).toEqual(avatars.slice(0, -1));
});
