/** JSON values in the browser's two storages. Storage may be full, forbidden or tampered with: reads then give null. */

function read(storage: () => Storage, key: string): unknown {
  try {
    const text = storage().getItem(key);
    return text === null ? null : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: unknown): boolean {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

const local = () => window.localStorage;
const session = () => window.sessionStorage;

/** Kept until the learner clears it. */
export const readLocal = (key: string): unknown => read(local, key);
/** Null removes the key. False when the browser would not store it. */
export const writeLocal = (key: string, value: unknown): boolean => write(local, key, value);
/** Kept as long as this tab. */
export const readTab = (key: string): unknown => read(session, key);
export const writeTab = (key: string, value: unknown): boolean => write(session, key, value);
