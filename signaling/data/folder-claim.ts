/**
 * One process at a time may open a folder of the embedded PostgreSQL. The claim is a socket in Linux's abstract
 * namespace: the kernel gives it up with the process, however it ends, so that no stale lock is ever left.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { DatabaseError } from './database-error.ts';

/** Returns what gives the claim up. Throws DatabaseError DATABASE_IN_USE. */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new DatabaseError(
              'DATABASE_IN_USE',
              `Another process has ${folder} open. Stop it, or give this one its own database: DATABASE_URL.`,
            )
          : cause,
      );
    });
    server.listen(`\0understudy-postgres-${name}`, resolve);
  });
  // Alone it keeps no process alive.
  server.unref();
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
    });
}
