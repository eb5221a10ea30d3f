/** Makes the folder of an embedded PostgreSQL, named on the command line. Run by `embedded.ts`. */
import { PGlite } from '@electric-sql/pglite';
import { mkdir } from 'node:fs/promises';

const folder = process.argv[2];
if (folder === undefined) {
  throw new Error('Name a folder.');
}
await mkdir(folder, { recursive: true, mode: 0o700 });
const client = await PGlite.create(folder);
await client.close();
