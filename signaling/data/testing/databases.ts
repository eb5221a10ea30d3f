/** Both kinds of database, for suites that each must pass. */
import { emptyDatabaseFolder } from './empty-database.ts';
import { startPostgres, whyNoPostgres } from './postgres-server.ts';
import type { DatabaseOptions } from '../database.ts';

export interface DatabaseKind {
  name: string;
  /** Undefined where it runs here. */
  skipped: string | undefined;
  /** Options of a new, empty database, and what removes everything of it. */
  start(): Promise<{ options: DatabaseOptions; stop(): Promise<void> }>;
}

export const DATABASE_KINDS: readonly DatabaseKind[] = [
  {
    name: 'embedded',
    skipped: undefined,
    start: async () => ({
      options: { folder: await emptyDatabaseFolder() },
      stop: () => Promise.resolve(),
    }),
  },
  {
    name: 'PostgreSQL server',
    skipped: whyNoPostgres(),
    start: async () => {
      const server = await startPostgres();
      const url = await server.newDatabase();
      return { options: { url, folder: '' }, stop: () => server.close() };
    },
  },
];
