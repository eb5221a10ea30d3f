/** Session affinity whose checkpoints are sealed: Redis holds nobody's words. */
import type { Ownership, Placement, SessionAffinity } from '../affinity/session-affinity.ts';
import type { Place, Seal } from './key-ring.ts';

export class SealedAffinity implements SessionAffinity {
  readonly #inner: SessionAffinity;
  readonly #seal: Seal;

  /** Owns `inner`. */
  constructor(inner: SessionAffinity, seal: Seal) {
    this.#inner = inner;
    this.#seal = seal;
  }

  claim(sessionId: string, after: number, placement: Placement): Promise<Ownership | undefined> {
    return this.#inner.claim(sessionId, after, placement);
  }

  renew(sessionId: string, fence: number, placement: Placement): Promise<boolean> {
    return this.#inner.renew(sessionId, fence, placement);
  }

  read(sessionId: string): Promise<Ownership | undefined> {
    return this.#inner.read(sessionId);
  }

  release(sessionId: string, fence: number): Promise<boolean> {
    return this.#inner.release(sessionId, fence);
  }

  forget(sessionId: string): Promise<number> {
    return this.#inner.forget(sessionId);
  }

  list(): Promise<Ownership[]> {
    return this.#inner.list();
  }

  keep(sessionId: string, fence: number, text: string): Promise<boolean> {
    return this.#inner.keep(sessionId, fence, this.#seal.seal(text, placeOf(sessionId)));
  }

  async kept(sessionId: string): Promise<string | undefined> {
    const stored = await this.#inner.kept(sessionId);
    return stored === undefined ? undefined : this.#seal.open(stored, placeOf(sessionId));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

const placeOf = (id: string): Place => ({ table: 'affinity', column: 'checkpoint', id });
