/**
 * The columns that are encrypted (`signaling/privacy`), seen as rows of sealed values: counted by key, and written anew
 * under another key. What is read and written day by day goes through the records of each table.
 */
import { sql, type SQL } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { KEY_ID_LENGTH, SEALED_PREFIX, type Place } from '../privacy/key-ring.ts';

export interface SealedColumn {
  table: string;
  column: string;
  /** `json` and `jsonb` columns hold the sealed text as a JSON string. */
  kind: 'text' | 'json' | 'jsonb';
  /** The primary key; its values with slashes between are the `id` of a Place. */
  key: readonly string[];
}

/** Every one of them; a test writes words into all tables and looks for them in what is stored. */
export const SEALED_COLUMNS = {
  learnerName: { table: 'learners', column: 'display_name', kind: 'text', key: ['id'] },
  personName: { table: 'people', column: 'display_name', kind: 'text', key: ['id'] },
  sessionLearnerName: { table: 'sessions', column: 'learner_name', kind: 'text', key: ['id'] },
  report: { table: 'reports', column: 'document', kind: 'jsonb', key: ['session_id'] },
  spoken: {
    table: 'transcript_turns',
    column: 'spoken',
    kind: 'text',
    key: ['session_id', 'turn_index'],
  },
  webhookSecret: { table: 'webhooks', column: 'secret', kind: 'text', key: ['id'] },
  storedAnswer: { table: 'idempotency_keys', column: 'answer', kind: 'json', key: ['id'] },
} as const satisfies Record<string, SealedColumn>;

export const placeOf = ({ table, column }: SealedColumn, ...key: (string | number)[]): Place => ({
  table,
  column,
  id: key.join('/'),
});

export interface SealedRow {
  key: (string | number)[];
  /** Sealed, or in plain where it is from before there were keys: of a JSON column its JSON text. */
  stored: string;
}

export interface KeyUse {
  table: string;
  column: string;
  /** Null: in plain. */
  keyId: string | null;
  rows: number;
}

export class SealedRows {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Which key each column's values are sealed with. */
  async uses(columns: readonly SealedColumn[] = Object.values(SEALED_COLUMNS)): Promise<KeyUse[]> {
    const found: KeyUse[] = [];
    for (const column of columns) {
      const stored = storedText(column);
      const rows = await this.#rows<{ key_id: string | null; used: number }>(
        sql`select case when ${stored} like ${`${SEALED_PREFIX}%`}
              then substr(${stored}, ${SEALED_PREFIX.length + 1}::int, ${KEY_ID_LENGTH}::int) end as key_id,
            count(*)::int as used
          from ${sql.identifier(column.table)} where ${sql.identifier(column.column)} is not null
          group by 1 order by 1`,
      );
      for (const { key_id: keyId, used } of rows) {
        found.push({ table: column.table, column: column.column, keyId, rows: used });
      }
    }
    return found;
  }

  /** Values that are not sealed with this key, in the order of their rows, after the row `after`. */
  async under(
    column: SealedColumn,
    {
      notUnder,
      after,
      limit,
    }: { notUnder: string; after?: readonly (string | number)[]; limit: number },
  ): Promise<SealedRow[]> {
    const stored = storedText(column);
    const names = keyNames(column);
    const from =
      after === undefined
        ? sql`true`
        : sql`(${names}) > (${sql.join(
            after.map((value) => sql`${value}`),
            sql`, `,
          )})`;
    const rows = await this.#rows<Record<string, unknown>>(
      sql`select ${names}, ${stored} as sealed_value from ${sql.identifier(column.table)}
        where ${sql.identifier(column.column)} is not null
          and ${stored} not like ${`${SEALED_PREFIX}${notUnder}.%`} and ${from}
        order by ${names} limit ${limit}`,
    );
    return rows.map((row) => ({
      key: column.key.map((name) => row[name] as string | number),
      stored: row['sealed_value'] as string,
    }));
  }

  /** Writes values anew, all or none; one that was changed meanwhile is left alone. Resolves with how many were written. */
  async replace(
    column: SealedColumn,
    values: readonly { row: SealedRow; sealed: string }[],
  ): Promise<number> {
    return this.#queries.transaction(async (transaction) => {
      let written = 0;
      for (const { row, sealed } of values) {
        const value =
          column.kind === 'text'
            ? sql`${sealed}::text`
            : column.kind === 'json'
              ? sql`to_json(${sealed}::text)`
              : sql`to_jsonb(${sealed}::text)`;
        const isRow = sql.join(
          column.key.map((name, at) => sql`${sql.identifier(name)} = ${row.key[at]}`),
          sql` and `,
        );
        const result = await transaction.execute(
          sql`update ${sql.identifier(column.table)} set ${sql.identifier(column.column)} = ${value}
            where ${isRow} and ${storedText(column)} = ${row.stored} returning 1 as one`,
        );
        written += rowsOf(result).length;
      }
      return written;
    });
  }

  async #rows<Row>(query: SQL): Promise<Row[]> {
    return rowsOf<Row>(await this.#queries.execute(query));
  }
}

/** Both drivers answer a raw query with an object that has `rows`. */
const rowsOf = <Row>(result: unknown): Row[] => (result as { rows: Row[] }).rows;

const keyNames = ({ key }: SealedColumn): SQL =>
  sql.join(
    key.map((name) => sql.identifier(name)),
    sql`, `,
  );

const storedText = ({ column, kind }: SealedColumn): SQL =>
  kind === 'text' ? sql`${sql.identifier(column)}` : sql`(${sql.identifier(column)} #>> '{}')`;
