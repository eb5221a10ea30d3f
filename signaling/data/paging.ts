/** Pages of a list, newest first. A cursor names the last row that was given, so that new rows move nothing. */
import { and, desc, lt, or, eq, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

export interface PageRequest {
  limit: number;
  cursor?: Cursor | undefined;
}

export interface Page<Item> {
  items: Item[];
  /** Null on the last page. */
  next: string | null;
}

/** Place of a row: its age and, among those of one moment, its id. */
export interface Cursor {
  createdAt: Date;
  id: string;
}

/** End of the year 9999: later years are written in a way that PostgreSQL does not read. */
const LATEST_MS = 253_402_300_799_999;

/** Undefined where `text` is no cursor of ours. */
export function parseCursor(text: string): Cursor | undefined {
  const [, millis = '', id = ''] =
    /^(\d{1,15}) ([\w-]{1,128})$/u.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  const createdAtMs = Number(millis);
  return id === '' || createdAtMs > LATEST_MS
    ? undefined
    : { createdAt: new Date(createdAtMs), id };
}

export const formatCursor = ({ createdAt, id }: Cursor): string =>
  Buffer.from(`${String(createdAt.getTime())} ${id}`).toString('base64url');

export interface PagedColumns {
  createdAt: PgColumn;
  id: PgColumn;
}

/** What follows the cursor. */
export const after = (columns: PagedColumns, { cursor }: PageRequest): SQL | undefined =>
  cursor === undefined
    ? undefined
    : or(
        lt(columns.createdAt, cursor.createdAt),
        and(eq(columns.createdAt, cursor.createdAt), lt(columns.id, cursor.id)),
      );

export const newestFirst = (columns: PagedColumns): SQL[] => [
  desc(columns.createdAt),
  desc(columns.id),
];

/** Makes a page of up to `limit + 1` rows. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  cursorOf: (row: Row) => Cursor,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    items: kept.map(itemOf),
    next: rows.length > limit && last !== undefined ? formatCursor(cursorOf(last)) : null,
  };
}
