/** What many requests and answers have in common. */
import { z } from 'zod';

/** ISO 8601, in UTC. */
export const moment = z.iso.datetime();

/** An id in an address. Ids that cannot exist are simply unknown. */
export const id = z.string().min(1).max(64);
export const idParameters = z.object({ id });

const DEFAULT_PAGE = 20;
const LARGEST_PAGE = 100;

export const pageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LARGEST_PAGE)
    .default(DEFAULT_PAGE)
    .describe('Items on a page'),
  cursor: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('`next` of the page before; absent for the first page'),
});

/** A page of a list, newest first. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('`cursor` of the page after; null on the last one'),
  });

/** A label that a person reads: no control characters, no blank ends. */
export const label = (longest: number): z.ZodString => z.string().trim().min(1).max(longest);

export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .max(512)
    .optional()
    .describe(
      '16 to 128 letters, digits, `-` or `_`: a repeated request gets the first answer for 24 hours',
    ),
});

export const revisionHeaders = z.object({
  'if-match': z
    .string()
    .max(512)
    .optional()
    .describe('The `ETag` that the change is based on, or `*` for whatever there is'),
});

/** RFC 9457 problem details with a stable code. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('One of the codes in docs/api.md'),
    detail: z.string(),
    requestId: z.string(),
    problems: z
      .array(z.string())
      .optional()
      .describe('Each thing that is wrong, where there are several'),
  })
  .meta({ id: 'Problem' });

export const empty = z.object({}).meta({ id: 'Empty' });
