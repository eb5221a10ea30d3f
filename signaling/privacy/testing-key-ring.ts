/** A key ring in memory, for tests. */
import { KeyRing, newDataKey, parseDataKey, type DataKey, type KeySource } from './key-ring.ts';

/** Keys that a test adds and takes away. */
export class MemoryKeys implements KeySource {
  list: DataKey[];

  constructor(list: DataKey[] = [newDataKey()]) {
    this.list = list;
  }

  keys(): readonly DataKey[] {
    return this.list;
  }

  reload(): readonly DataKey[] {
    return this.list;
  }

  /** A new key, the newest from now on. */
  add(): DataKey {
    const made = newDataKey();
    this.list = [made, ...this.list];
    return made;
  }
}

/** Always with the same key, so that one process reads what another has written. */
export const testKeyRing = (): KeyRing =>
  new KeyRing(new MemoryKeys([parseDataKey('7'.repeat(64))]));
