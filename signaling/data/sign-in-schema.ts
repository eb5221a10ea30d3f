/** The tables of people who sign in, besides `people`. */
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' }).notNull();

export const signIns = pgTable('sign_ins', {
  idHash: text('id_hash').primaryKey(),
  personId: text('person_id').notNull(),
  createdAt: moment('created_at'),
  seenAt: moment('seen_at'),
  expiresAt: moment('expires_at'),
});

export const signInAttempts = pgTable('sign_in_attempts', {
  idHash: text('id_hash').primaryKey(),
  attempts: integer('attempts').notNull(),
  until: moment('until'),
});

export const providerSignIns = pgTable('provider_sign_ins', {
  idHash: text('id_hash').primaryKey(),
  state: text('state').notNull(),
  nonce: text('nonce').notNull(),
  verifier: text('verifier').notNull(),
  returnTo: text('return_to').notNull(),
  expiresAt: moment('expires_at'),
});
