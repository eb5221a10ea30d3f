/** Receives the room's transcriptions and keeps the captions. Attached before connecting, so that no first word is lost. */
import type { Room, TextStreamReader } from 'livekit-client';
import { applySegment, NO_CAPTIONS, type Captions, type CaptionSegment } from './captions.ts';

const TOPIC = 'lk.transcription';
const SEGMENT_ID = 'lk.segment_id';
const FINAL = 'lk.transcription_final';

export class CaptionFeed {
  readonly #room: Room;
  readonly #listeners = new Set<() => void>();
  #captions = NO_CAPTIONS;
  #typedCount = 0;

  constructor(room: Room) {
    this.#room = room;
    room.registerTextStreamHandler(TOPIC, (reader, { identity }) => {
      void this.#read(reader, identity).catch(() => undefined);
    });
  }

  read = (): Captions => this.#captions;

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  /** What the learner typed is theirs at once, without waiting for the room. */
  addTyped(text: string): void {
    this.#typedCount += 1;
    this.#apply({ speaker: 'learner', id: `typed-${this.#typedCount}`, text, final: true });
  }

  close(): void {
    this.#room.unregisterTextStreamHandler(TOPIC);
    this.#listeners.clear();
  }

  /** One stream is one segment: chunks append; the end of the avatar's stream ends its segment. */
  async #read(reader: TextStreamReader, identity: string): Promise<void> {
    const mine = identity === this.#room.localParticipant.identity;
    const speaker = mine ? 'learner' : 'avatar';
    const attributes = reader.info.attributes ?? {};
    const id = `${speaker}-${attributes[SEGMENT_ID] ?? reader.info.id}`;
    let text = '';
    try {
      for await (const chunk of reader) {
        text += chunk;
        this.#apply({ speaker, id, text, final: false });
      }
    } finally {
      const final = speaker === 'avatar' || attributes[FINAL] === 'true';
      if (final) this.#apply({ speaker, id, text, final });
    }
  }

  #apply(segment: CaptionSegment): void {
    const next = applySegment(this.#captions, segment);
    if (next === this.#captions) return;
    this.#captions = next;
    for (const listener of this.#listeners) listener();
  }
}
