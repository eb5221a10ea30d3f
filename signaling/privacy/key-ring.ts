/**
 * Encrypts what is personal in the database. Each value has a key of its own, which is wrapped by a key of the ring:
 *
 *     us1.{key id}.{wrapped key}.{text}
 *
 *     key id        16 hexadecimal digits: the beginning of SHA-256 over a label and the key
 *     wrapped key   12 bytes nonce, 32 bytes cipher text, 16 bytes tag, in base64url
 *     text          12 bytes nonce, cipher text, 16 bytes tag, in base64url
 *
 * Both layers are AES-256-GCM with random nonces. Both authenticate the place of the value (table, column, row), so that
 * a value that was moved to another row is refused. A new key of the ring wraps anew and leaves the text as it is.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { DataKeyError } from './data-key-error.ts';

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The version of the format, as every sealed value begins. */
export const SEALED_PREFIX = 'us1.';
export const KEY_ID_LENGTH = 16;
const SEALED = /^us1\.([0-9a-f]{16})\.([\w-]{80})\.([\w-]{38,})$/u;

/** Where a value stands. */
export interface Place {
  table: string;
  column: string;
  /** The primary key; its parts with a slash between. */
  id: string;
}

/** What records need of the ring. */
export interface Seal {
  seal: (plain: string, place: Place) => string;
  /** What is not sealed comes back as it is: rows from before there were keys. Throws DataKeyError. */
  open: (stored: string, place: Place) => string;
}

export interface DataKey {
  id: string;
  key: Buffer;
}

/** Where the keys of a ring come from: newest first, never empty. May change while the ring lives. */
export interface KeySource {
  keys(): readonly DataKey[];
  /** Looks again, for a key that is not among them. */
  reload(): readonly DataKey[];
}

export class KeyRing implements Seal {
  readonly #source: KeySource;

  constructor(source: KeySource) {
    this.#source = source;
  }

  /** The key that new values are sealed with. */
  get newestId(): string {
    return this.#newest().id;
  }

  get ids(): readonly string[] {
    return this.#source.keys().map(({ id }) => id);
  }

  // Bound, so that records may take them apart from the ring.
  readonly seal = (plain: string, place: Place): string => {
    const own = randomBytes(KEY_BYTES);
    const text = encrypt(own, Buffer.from(plain, 'utf8'), bound('text', place));
    return this.#wrapped(own, text.toString('base64url'), place);
  };

  readonly open = (stored: string, place: Place): string => {
    const parts = SEALED.exec(stored);
    if (parts === null) {
      return stored;
    }
    const own = this.#unwrapped(parts[1]!, parts[2]!, place);
    return decrypt(own, Buffer.from(parts[3]!, 'base64url'), bound('text', place), place).toString(
      'utf8',
    );
  };

  /** The same value under the newest key; what is not sealed is sealed. Nothing that was sealed is read. */
  rewrap(stored: string, place: Place): string {
    const parts = SEALED.exec(stored);
    return parts === null
      ? this.seal(stored, place)
      : this.#wrapped(this.#unwrapped(parts[1]!, parts[2]!, place), parts[3]!, place);
  }

  #wrapped(own: Buffer, text: string, place: Place): string {
    const { id, key } = this.#newest();
    const wrapped = encrypt(key, own, bound(`key ${id}`, place));
    return `${SEALED_PREFIX}${id}.${wrapped.toString('base64url')}.${text}`;
  }

  #unwrapped(id: string, wrapped: string, place: Place): Buffer {
    const byId = (one: DataKey): boolean => one.id === id;
    const known = this.#source.keys().find(byId) ?? this.#source.reload().find(byId);
    if (known === undefined) {
      throw new DataKeyError('DATA_KEY_MISSING', missingText([id]));
    }
    return decrypt(known.key, Buffer.from(wrapped, 'base64url'), bound(`key ${id}`, place), place);
  }

  #newest(): DataKey {
    return this.#source.keys()[0]!;
  }
}

export const missingText = (ids: readonly string[]): string =>
  `The data key ${ids.join(', ')} is not among those given. Put it back into UNDERSTUDY_DATA_KEYS or the key file; ` +
  'without it what it encrypted cannot be read.';

/** Whether a stored value is sealed, and with which key. */
export const keyIdOf = (stored: string): string | undefined => SEALED.exec(stored)?.[1];

/** 32 bytes in hexadecimal or base64. Throws DataKeyError DATA_KEY_INVALID. */
export function parseDataKey(text: string): DataKey {
  const isHex = /^[0-9a-f]{64}$/iu.test(text);
  const key = Buffer.from(text, isHex ? 'hex' : 'base64');
  if (!isHex && (key.length !== KEY_BYTES || !/^[A-Za-z0-9+/_-]{43}=?$/u.test(text))) {
    throw new DataKeyError(
      'DATA_KEY_INVALID',
      'A data key has 32 bytes in hexadecimal or base64: `openssl rand -hex 32` makes one.',
    );
  }
  return dataKey(key);
}

export const newDataKey = (): DataKey => dataKey(randomBytes(KEY_BYTES));

const dataKey = (key: Buffer): DataKey => ({
  id: createHash('sha256')
    .update('understudy data key 1\n')
    .update(key)
    .digest('hex')
    .slice(0, KEY_ID_LENGTH),
  key,
});

const bound = (layer: string, { table, column, id }: Place): Buffer =>
  Buffer.from(JSON.stringify(['understudy 1', layer, table, column, id]));

function encrypt(key: Buffer, plain: Buffer, associated: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, stored: Buffer, associated: Buffer, place: Place): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, stored.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associated).setAuthTag(stored.subarray(stored.length - TAG_BYTES));
    const plain = decipher.update(stored.subarray(NONCE_BYTES, stored.length - TAG_BYTES));
    return Buffer.concat([plain, decipher.final()]);
  } catch (cause) {
    const { table, column, id } = place;
    throw new DataKeyError(
      'DATA_DAMAGED',
      `${table}.${column} of ${id} was changed, or belongs to another row.`,
      { cause },
    );
  }
}
