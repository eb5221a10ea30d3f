/** SHA-256 of files, as hex. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export async function sha256OfFile(path: string): Promise<string> {
  return (await hashOfFile(path)).digest('hex');
}

/** A hash that has read the file already, so that what is appended can be added. */
export async function hashOfFile(path: string): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
  }
  return hash;
}
