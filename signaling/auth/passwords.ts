/** Passwords: made, hashed with Argon2id, compared. */
import { hash, verify, type Options } from '@node-rs/argon2';
import { randomBytes, randomInt } from 'node:crypto';

/** What OWASP's cheat sheet of password storage asks for at least (19 MiB, 2 passes, 1 lane): about 30 ms here. */
const COST: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Read from paper without doubt: no 0, 1, i, l, o. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 5;

export const SHORTEST_PASSWORD = 12;
/** Longer ones only cost time. */
export const LONGEST_PASSWORD = 200;

/** Twenty letters in four groups, 99 bits. */
export function randomPassword(): string {
  const letter = (): string => LETTERS[randomInt(LETTERS.length)]!;
  const group = (): string => Array.from({ length: GROUP_LENGTH }, letter).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

export const hashOfPassword = (password: string): Promise<string> =>
  hash(password.normalize('NFC'), COST);

let dummy: Promise<string> | undefined;

/** False without a hash as well, after the same work: an account that is not there takes no less time. */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  dummy ??= hashOfPassword(randomBytes(16).toString('hex'));
  const isRight = await verify(kept ?? (await dummy), password.normalize('NFC'));
  return isRight && kept !== null;
}
