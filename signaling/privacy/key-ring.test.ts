import fc from 'fast-check';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA_KEY_ERROR_CODES } from './data-key-error.ts';
import { KeyRing, keyIdOf, newDataKey, parseDataKey } from './key-ring.ts';
import { GivenKeys, KeyFile } from './key-source.ts';
import { MemoryKeys } from './testing-key-ring.ts';

const PLACE = { table: 'transcript_turns', column: 'spoken', id: 'abc/3' };
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a key ring', () => {
  it('gives back what was sealed, whatever it is, and never the same cipher text twice', () => {
    const ring = new KeyRing(new MemoryKeys());
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sealed = ring.seal(text, PLACE);
        expect(keyIdOf(sealed)).toBe(ring.newestId);
        expect(ring.open(sealed, PLACE)).toBe(text);
        expect(ring.seal(text, PLACE)).not.toBe(sealed);
      }),
    );
  });

  it('shows no word', () => {
    const sealed = new KeyRing(new MemoryKeys()).seal('my secret deadline', PLACE);
    expect(sealed).not.toContain('secret');
    expect(Buffer.from(sealed.split('.')[3]!, 'base64url').toString()).not.toContain('secret');
  });

  it('reads what was kept before there were keys', () => {
    expect(new KeyRing(new MemoryKeys()).open('Wren', PLACE)).toBe('Wren');
  });

  it.each([
    { table: 'reports', column: 'spoken', id: 'abc/3' },
    { table: 'transcript_turns', column: 'other', id: 'abc/3' },
    { table: 'transcript_turns', column: 'spoken', id: 'abc/4' },
  ])('refuses a value that stands in another place: $table.$column $id', (place) => {
    const ring = new KeyRing(new MemoryKeys());
    const sealed = ring.seal('words', PLACE);
    expect(codeOf(() => ring.open(sealed, place))).toBe('DATA_DAMAGED');
    expect(codeOf(() => ring.rewrap(sealed, place))).toBe('DATA_DAMAGED');
  });

  it('refuses a value of which any bit was changed', () => {
    const ring = new KeyRing(new MemoryKeys());
    const sealed = ring.seal('words', PLACE);
    const [version, id, wrapped, text] = sealed.split('.') as [string, string, string, string];
    for (const part of [wrapped, text]) {
      const bytes = Buffer.from(part, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
        const forged = [version, id, ...[wrapped, text]].map((one) =>
          one === part ? changed.toString('base64url') : one,
        );
        expect(codeOf(() => ring.open(forged.join('.'), PLACE))).toBe('DATA_DAMAGED');
      }
    }
  });

  it('an older key still opens; rewrapping leaves the text and needs the old key no more', () => {
    const keys = new MemoryKeys();
    const ring = new KeyRing(keys);
    const before = ring.seal('words', PLACE);
    const old = keys.list[0]!;
    keys.add();
    expect(ring.open(before, PLACE)).toBe('words');
    const after = ring.rewrap(before, PLACE);
    expect(keyIdOf(after)).toBe(keys.list[0]!.id);
    expect(after.split('.')[3]).toBe(before.split('.')[3]);
    keys.list = keys.list.filter(({ id }) => id !== old.id);
    expect(ring.open(after, PLACE)).toBe('words');
    expect(codeOf(() => ring.open(before, PLACE))).toBe('DATA_KEY_MISSING');
  });

  it('rewrapping seals what was not sealed', () => {
    const ring = new KeyRing(new MemoryKeys());
    const sealed = ring.rewrap('Wren', PLACE);
    expect(keyIdOf(sealed)).toBe(ring.newestId);
    expect(ring.open(sealed, PLACE)).toBe('Wren');
  });
});

describe('keys', () => {
  it('are given in hexadecimal or base64, newest first', () => {
    const [one, other] = [newDataKey(), newDataKey()];
    const text = `${one.key.toString('hex')}, ${other.key.toString('base64')}`;
    expect(new GivenKeys(text).keys().map(({ id }) => id)).toEqual([one.id, other.id]);
    expect(parseDataKey(one.key.toString('base64url')).id).toBe(one.id);
  });

  it.each(['', 'short', 'ff'.repeat(31), 'f'.repeat(65), '?'.repeat(44)])(
    '"%s" is none',
    (text) => {
      expect(codeOf(() => new GivenKeys(text))).toBe('DATA_KEY_INVALID');
    },
  );

  it('their file is made once, for its owner alone, and a key added by another process is found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-keys-'));
    const path = join(folder, 'keys', 'data-keys');
    expect(KeyFile.open(path)).toBeUndefined();
    let nowMs = 0;
    const mine = KeyFile.create(path, () => nowMs);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const theirs = KeyFile.create(path);
    expect(theirs.keys()).toEqual(mine.keys());
    const added = theirs.add();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(mine.keys()[0]!.id).not.toBe(added.id);
    nowMs += 2_000;
    expect(mine.keys().map(({ id }) => id)).toEqual(theirs.keys().map(({ id }) => id));
    theirs.remove(theirs.keys()[1]!.id);
    expect(mine.reload().map(({ id }) => id)).toEqual([added.id]);
    // What was read stays while somebody edits the file.
    await writeFile(path, 'half a k');
    expect(mine.reload().map(({ id }) => id)).toEqual([added.id]);
    expect(codeOf(() => KeyFile.open(path))).toBe('DATA_KEY_INVALID');
    expect(await readFile(path, 'utf8')).toBe('half a k');
    await rm(folder, { recursive: true });
  });

  it('every code is explained in docs/errors.md', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    for (const code of DATA_KEY_ERROR_CODES) {
      expect(page).toContain(`| \`${code}\` `);
    }
  });
});
