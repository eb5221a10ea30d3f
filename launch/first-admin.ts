/** The first admin's password, which signaling has made up: told once, then nowhere. */
import { readFile, rm } from 'node:fs/promises';

/** Reads and removes the file; undefined where there is none, as after the first start. */
export async function takeFirstAdmin(
  file: string,
): Promise<{ email: string; password: string } | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return undefined;
  }
  await rm(file, { force: true });
  const [email = '', password = ''] = text.split('\n');
  return { email, password };
}
