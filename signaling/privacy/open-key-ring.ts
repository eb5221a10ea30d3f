/** The key ring that a process starts with. A database that was encrypted with other keys refuses it. */
import { keyFilePath, GivenKeys, KeyFile } from './key-source.ts';
import type { DataKeyRecords } from '../data/data-key-records.ts';
import { DataKeyError } from './data-key-error.ts';
import { KeyRing, missingText, type KeySource } from './key-ring.ts';

export interface KeyRingOptions {
  /** `UNDERSTUDY_DATA_KEYS`; without it the key file of the data folder is used, and made where there is none. */
  given: string | undefined;
  dataFolder: string;
  records: DataKeyRecords;
  now?: () => Date;
}

export interface OpenedKeyRing {
  ring: KeyRing;
  /** Undefined where the keys came with the environment. */
  file: KeyFile | undefined;
}

/** Throws DataKeyError DATA_KEY_MISSING or DATA_KEY_INVALID. */
export async function openKeyRing(options: KeyRingOptions): Promise<OpenedKeyRing> {
  const { given, dataFolder, records, now = () => new Date() } = options;
  return records.alone(async (alone) => {
    const inUse = (await alone.inUse()).map(({ id }) => id);
    const file = given === undefined ? openFile(dataFolder, inUse) : undefined;
    const source: KeySource = file ?? new GivenKeys(given!);
    const ring = new KeyRing(source);
    const missing = inUse.filter((id) => !ring.ids.includes(id));
    if (missing.length > 0) {
      throw new DataKeyError('DATA_KEY_MISSING', missingText(missing));
    }
    await alone.use(ring.newestId, now());
    return { ring, file };
  });
}

/** A new file is made for a new database alone: another one needs the keys that it was written with. */
function openFile(dataFolder: string, inUse: readonly string[]): KeyFile {
  const path = keyFilePath(dataFolder);
  const file = KeyFile.open(path);
  if (file === undefined && inUse.length > 0) {
    throw new DataKeyError('DATA_KEY_MISSING', `${path} is gone. ${missingText(inUse)}`);
  }
  return file ?? KeyFile.create(path);
}
