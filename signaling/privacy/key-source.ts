/** Where data keys come from: the environment, or a file of this machine that `npm run keys` may write. */
import { randomUUID } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DataKeyError } from './data-key-error.ts';
import { newDataKey, parseDataKey, type DataKey, type KeySource } from './key-ring.ts';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
/** The file is looked at no more often: a key that was added is used by every process after this at the latest. */
const LOOK_EVERY_MS = 2_000;
const HEAD =
  '# Data keys of Understudy, newest first. Without them the database cannot be read: keep a copy elsewhere.';

export const keyFilePath = (dataFolder: string): string => join(dataFolder, 'keys', 'data-keys');

/** `UNDERSTUDY_DATA_KEYS`: keys with commas or blanks between, newest first. They do not change. */
export class GivenKeys implements KeySource {
  readonly #keys: readonly DataKey[];

  /** Throws DataKeyError DATA_KEY_INVALID. */
  constructor(text: string) {
    this.#keys = parseKeys(text);
  }

  keys(): readonly DataKey[] {
    return this.#keys;
  }

  reload(): readonly DataKey[] {
    return this.#keys;
  }
}

/** A file with a key on each line. A change of it is noticed. */
export class KeyFile implements KeySource {
  readonly path: string;
  readonly #nowMs: () => number;
  #keys: readonly DataKey[];
  #version: string;
  #lookedAtMs: number;

  /** Undefined where there is no file. Throws DataKeyError DATA_KEY_INVALID. */
  static open(path: string, nowMs: () => number = Date.now): KeyFile | undefined {
    try {
      statSync(path);
    } catch {
      return undefined;
    }
    return new KeyFile(path, nowMs);
  }

  /** Makes it with one key, unless another process was faster. */
  static create(path: string, nowMs: () => number = Date.now): KeyFile {
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    const draft = writeDraft(path, [newDataKey()]);
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    } finally {
      rmSync(draft, { force: true });
    }
    return new KeyFile(path, nowMs);
  }

  private constructor(path: string, nowMs: () => number) {
    this.path = path;
    this.#nowMs = nowMs;
    this.#lookedAtMs = nowMs();
    this.#version = this.#versionNow();
    this.#keys = this.#read();
  }

  keys(): readonly DataKey[] {
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedAtMs >= LOOK_EVERY_MS) {
      this.#lookedAtMs = nowMs;
      this.#look();
    }
    return this.#keys;
  }

  reload(): readonly DataKey[] {
    this.#look();
    return this.#keys;
  }

  /** A new key, which new values are sealed with from now on. */
  add(): DataKey {
    const made = newDataKey();
    this.#write([made, ...this.reload()]);
    return made;
  }

  remove(id: string): void {
    this.#write(this.reload().filter((one) => one.id !== id));
  }

  #look(): void {
    try {
      const version = this.#versionNow();
      if (version !== this.#version) {
        this.#keys = this.#read();
        this.#version = version;
      }
    } catch {
      // The keys at hand stay: a file that is gone or half edited must not stop what runs.
    }
  }

  #read(): readonly DataKey[] {
    return parseKeys(readFileSync(this.path, 'utf8'));
  }

  #versionNow(): string {
    const { mtimeMs, ino, size } = statSync(this.path);
    return `${String(ino)} ${String(mtimeMs)} ${String(size)}`;
  }

  #write(keys: readonly DataKey[]): void {
    renameSync(writeDraft(this.path, keys), this.path);
    this.#look();
  }
}

function writeDraft(path: string, keys: readonly DataKey[]): string {
  const draft = `${path}.${randomUUID()}`;
  const lines = keys.map(({ key }) => key.toString('hex'));
  writeFileSync(draft, `${[HEAD, ...lines].join('\n')}\n`, { mode: OWNER_ONLY_FILE, flush: true });
  return draft;
}

function parseKeys(text: string): readonly DataKey[] {
  const keys = text
    .replaceAll(/^#.*$/gmu, '')
    .split(/[\s,]+/u)
    .filter((part) => part !== '')
    .map(parseDataKey);
  if (keys.length === 0) {
    throw new DataKeyError('DATA_KEY_INVALID', 'No data key is given.');
  }
  return keys;
}
