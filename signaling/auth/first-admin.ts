/** Somebody must be able to let people in: where nobody is admin, an account is made. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { People } from './people.ts';

/**
 * A password that was made up is written into a file that only this user may read, and nowhere else: `npm start` tells it
 * and removes the file; without that, whoever runs the system reads and removes it.
 */
export async function ensureFirstAdmin(
  people: People,
  { email, password, file }: { email: string; password: string | undefined; file: string },
): Promise<void> {
  const made = await people.ensureAdmin({ email, password });
  if (made.password !== null) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${email}\n${made.password}\n`, { mode: 0o600 });
  }
}
