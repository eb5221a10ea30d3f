/** What an API key looks like, and what is kept of one. */
import { createHash, randomBytes } from 'node:crypto';

/** Scanners of leaked secrets find it by this. */
const PREFIX = 'understudy_';
/** 256 bits: nobody guesses one, so that a plain hash of it is enough. */
const SECRET_BYTES = 32;
const BEARER = /^Bearer (understudy_\S*)$/iu;

export const newKeySecret = (): string =>
  `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;

/** What is kept of a key. */
export const hashOfKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** The key of a header; undefined where that carries something else. */
export const keyOf = (authorization: string | undefined): string | undefined =>
  BEARER.exec(authorization ?? '')?.[1];
