/** The address of synthesised speech: the same engine, version, voice, text and parameters give the same sound. */
import { createHash } from 'node:crypto';

export interface SpeechIdentity {
  engine: string;
  /** Of the model or the engine's own settings: whatever changes the sound changes it, and old entries die. */
  version: string;
  voiceId: string;
  text: string;
}

/** Hexadecimal SHA-256. Parts are framed by their lengths, so that no two identities run together. */
export function cacheKey({ engine, version, voiceId, text }: SpeechIdentity): string {
  const hash = createHash('sha256');
  for (const part of [engine, version, voiceId, text.normalize('NFC').trim()]) {
    hash.update(`${String(Buffer.byteLength(part))}:`).update(part);
  }
  return hash.digest('hex');
}
