/** Keys for the LiveKit server that is started here: made once, readable by this user only. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const keysSchema = z.object({ apiKey: z.string(), apiSecret: z.string() });
export type Keys = z.infer<typeof keysSchema>;

export async function ensureKeys(dataFolder: string): Promise<Keys> {
  const path = join(dataFolder, 'keys.json');
  try {
    return keysSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    const keys: Keys = {
      apiKey: `us${randomBytes(6).toString('hex')}`,
      apiSecret: randomBytes(32).toString('hex'),
    };
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(keys), { mode: 0o600 });
    return keys;
  }
}
