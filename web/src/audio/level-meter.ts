/** Listens to a microphone track and tells how loud it is, 20 times a second. */
import { INITIAL_LEVEL, loudnessDb, nextLevel, type LevelState } from './level.ts';

/** 50 ms: smooth to the eye, and a window long enough for the lowest voices. */
const INTERVAL_MS = 50;

export interface LevelSource {
  /** The newest state; the same object until the next one. */
  read(): LevelState;
  /** Calls back after every change; returns how to stop. */
  subscribe(changed: () => void): () => void;
}

/** A source that never changes: no microphone, or a picture of a state. */
export function fixedLevel(state: LevelState = INITIAL_LEVEL): LevelSource {
  return { read: () => state, subscribe: () => () => undefined };
}

export class LevelMeter implements LevelSource {
  readonly #context: AudioContext;
  readonly #track: MediaStreamTrack;
  readonly #listeners = new Set<() => void>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #wake: () => void;
  #state = INITIAL_LEVEL;

  /** Listens to its own clone, which stays audible while the published track is muted. */
  constructor(track: MediaStreamTrack) {
    this.#track = track.clone();
    this.#track.enabled = true;
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 2048;
    this.#context.createMediaStreamSource(new MediaStream([this.#track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.#state = nextLevel(this.#state, loudnessDb(samples), performance.now());
      for (const listener of this.#listeners) listener();
    }, INTERVAL_MS);
    // A page opened by its address has no gesture yet; the first one wakes the analyser.
    this.#wake = () => void this.#context.resume().catch(() => undefined);
    window.addEventListener('pointerdown', this.#wake);
    window.addEventListener('keydown', this.#wake);
    this.#wake();
  }

  read(): LevelState {
    return this.#state;
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  close(): void {
    clearInterval(this.#timer);
    window.removeEventListener('pointerdown', this.#wake);
    window.removeEventListener('keydown', this.#wake);
    this.#listeners.clear();
    this.#track.stop();
    void this.#context.close().catch(() => undefined);
  }
}
