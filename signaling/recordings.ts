/**
 * The recordings of all sessions: finds those whose call is over, also where its job was killed, has them composed one
 * after the other, gives them out, and deletes them when they are old or asked to go.
 */
import { RecordingError } from '#agents/dispatch/recording/errors.ts';
import {
  ENDED_FILE,
  isRecordedFile,
  isRecordingId,
  LIVE_FILES,
  LIVE_FOLDER,
  readRecordingHeader,
  readRecordingState,
  RECORDED_FILES,
  recordingFolder,
  storedName,
  type RecordingHeader,
  type RecordingState,
} from '#agents/dispatch/recording/layout.ts';
import { openStored, type StoredFile } from '#agents/dispatch/recording/stored-file.ts';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingStatus } from './api-types.ts';
import { ProblemError } from './problems.ts';
import type { Composer } from './recording-composer.ts';

/** A job writes four times a second: one that has not for this long is gone. */
const SILENT_JOB_MS = 15_000;
/** What failed once may work when the disk has room again; what failed three times waits for a person. */
const ATTEMPTS = 3;
const RETRY_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 3_000;
const SWEEP_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface RecordingsOptions {
  /** Whether calls are recorded at all; those that were are kept and given out all the same. */
  enabled: boolean;
  /** Folder of all recordings. */
  root: string;
  key: Buffer | undefined;
  /** Days after which a recording is deleted. */
  days: number;
  composer: Composer;
  now?: () => Date;
  onTrouble?: (what: string, error: unknown) => void;
  /** One was deleted because it was old. */
  onExpired?: (sessionId: string) => void;
}

/** A recording as it stands; its files have no addresses yet. */
export interface FoundRecording extends Omit<RecordingStatus, 'files'> {
  sessionId: string;
  files: { name: string; bytes: number; type: string }[];
}

export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #now: () => Date;
  readonly #stop = new AbortController();
  readonly #progress = new Map<string, number>();
  /** Nothing is left to do for these. */
  readonly #settled = new Set<string>();
  /** Composers that ended without a word, by session. */
  readonly #died = new Map<string, number>();
  readonly #retryAtMs = new Map<string, number>();
  #composing: Promise<void> = Promise.resolve();
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /** What becomes of new recordings; undefined where none are made. */
  get terms(): { days: number; encrypted: boolean } | undefined {
    const { enabled, days, key } = this.#options;
    return enabled ? { days, encrypted: key !== undefined } : undefined;
  }

  /** Looks now and then, until `close`. */
  start(): void {
    const again = (): void => {
      void this.look().finally(() => {
        if (!this.#stop.signal.aborted) {
          this.#timer = setTimeout(again, LOOK_EVERY_MS);
        }
      });
    };
    again();
  }

  /** Stops looking and composing; what was being composed is composed again after the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#composing;
  }

  /** Deletes what is too old and queues what waits to be composed. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        this.#options.onTrouble?.('recordings could not be looked through', error);
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Resolves when nothing is being composed. */
  async idle(): Promise<void> {
    await this.#composing;
  }

  /** Undefined where there is none. */
  async find(sessionId: string): Promise<FoundRecording | undefined> {
    if (!isRecordingId(sessionId)) {
      return undefined;
    }
    const folder = recordingFolder(this.#options.root, sessionId);
    const header = await readRecordingHeader(folder);
    if (header === undefined) {
      return undefined;
    }
    const state = await readRecordingState(folder);
    const progress = this.#progress.get(sessionId);
    const common = {
      sessionId,
      startedAt: header.startedAt,
      deletedAt: new Date(this.#expiresAtMs(header)).toISOString(),
      encrypted: header.sealed,
    };
    if (progress !== undefined || state === undefined) {
      const died = (this.#died.get(sessionId) ?? 0) >= ATTEMPTS;
      const status = progress !== undefined ? 'composing' : died ? 'failed' : 'recording';
      return { ...common, status, progress: progress ?? 0, lengthMs: null, cut: false, files: [] };
    }
    return {
      ...common,
      status: state.status,
      progress: state.status === 'ready' ? 1 : 0,
      lengthMs: state.lengthMs,
      cut: !state.complete,
      ...(state.code === undefined ? {} : { code: state.code }),
      files: state.files.flatMap(({ name, bytes }) =>
        isRecordedFile(name) ? [{ name, bytes, type: RECORDED_FILES[name] }] : [],
      ),
    };
  }

  /** Oldest first. */
  async list(): Promise<FoundRecording[]> {
    const found = await Promise.all((await this.#ids()).map((id) => this.find(id)));
    return found
      .filter((recording) => recording !== undefined)
      .sort((one, other) => one.startedAt.localeCompare(other.startedAt));
  }

  /**
   * Opens a finished file; the caller closes it. Throws ProblemError RECORDING_NONE, RECORDING_FILE_UNKNOWN or
   * RECORDING_UNREADABLE.
   */
  async open(sessionId: string, name: string): Promise<{ file: StoredFile; type: string }> {
    const recording = await this.find(sessionId);
    if (recording === undefined) {
      throw new ProblemError('RECORDING_NONE', 'It was not recorded, or the recording is deleted.');
    }
    const known = recording.files.find((file) => file.name === name);
    if (known === undefined) {
      throw new ProblemError(
        'RECORDING_FILE_UNKNOWN',
        `There are: ${recording.files.map((file) => file.name).join(', ')}.`,
      );
    }
    try {
      const file = await openStored(recordingFolder(this.#options.root, sessionId), known.name, {
        sealed: recording.encrypted,
        key: this.#options.key,
        sessionId,
      });
      return { file, type: known.type };
    } catch (cause) {
      const detail = cause instanceof RecordingError ? cause.message : 'Its file is gone.';
      throw new ProblemError('RECORDING_UNREADABLE', detail, { cause });
    }
  }

  /** Removes every file of it, also during the call: what the job still writes goes nowhere. Idempotent. */
  async delete(sessionId: string): Promise<void> {
    if (isRecordingId(sessionId)) {
      const folder = recordingFolder(this.#options.root, sessionId);
      await rm(folder, { recursive: true, force: true });
      this.#settled.delete(sessionId);
    }
  }

  async #look(): Promise<void> {
    const nowMs = this.#now().getTime();
    const sweeps = nowMs - this.#sweptAtMs >= SWEEP_EVERY_MS;
    for (const sessionId of await this.#ids()) {
      if (this.#stop.signal.aborted) {
        return;
      }
      if (sweeps && (await this.#isOld(sessionId, nowMs))) {
        await this.delete(sessionId);
        this.#options.onExpired?.(sessionId);
      } else if (!this.#settled.has(sessionId) && !this.#progress.has(sessionId)) {
        await this.#lookAt(sessionId, nowMs);
      }
    }
    this.#sweptAtMs = sweeps ? nowMs : this.#sweptAtMs;
  }

  async #lookAt(sessionId: string, nowMs: number): Promise<void> {
    const folder = recordingFolder(this.#options.root, sessionId);
    const header = await readRecordingHeader(folder);
    if (header === undefined || (this.#retryAtMs.get(sessionId) ?? 0) > nowMs) {
      return;
    }
    const state = await readRecordingState(folder);
    const attempts = Math.max(state?.attempts ?? 0, this.#died.get(sessionId) ?? 0);
    if (state?.status === 'ready' || attempts >= ATTEMPTS) {
      this.#settled.add(sessionId);
    } else if (state !== undefined || (await isOver(folder, header, nowMs))) {
      this.#queue(sessionId, folder, state);
    }
  }

  #queue(sessionId: string, folder: string, before: RecordingState | undefined): void {
    const { composer } = this.#options;
    this.#progress.set(sessionId, 0);
    this.#composing = this.#composing.then(async () => {
      const { signal } = this.#stop;
      try {
        if (signal.aborted) {
          return;
        }
        const onProgress = (progress: number): void => {
          this.#progress.set(sessionId, progress);
        };
        await composer.compose(sessionId, { onProgress, signal });
        const state = await readRecordingState(folder);
        if (state === undefined || state.attempts === before?.attempts) {
          this.#died.set(sessionId, (this.#died.get(sessionId) ?? 0) + 1);
        }
        if (state?.status !== 'ready') {
          this.#retryAtMs.set(sessionId, this.#now().getTime() + RETRY_AFTER_MS);
        }
      } catch (error) {
        this.#options.onTrouble?.('a recording could not be composed', error);
      } finally {
        this.#progress.delete(sessionId);
      }
    });
  }

  async #isOld(sessionId: string, nowMs: number): Promise<boolean> {
    const folder = recordingFolder(this.#options.root, sessionId);
    const header = await readRecordingHeader(folder);
    if (header !== undefined) {
      return this.#expiresAtMs(header) <= nowMs;
    }
    // A job that died while it made the folder.
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: nowMs }));
    return nowMs - mtimeMs >= DAY_MS;
  }

  #expiresAtMs({ startedAt }: RecordingHeader): number {
    return new Date(startedAt).getTime() + this.#options.days * DAY_MS;
  }

  async #ids(): Promise<string[]> {
    const names = await readdir(this.#options.root).catch(() => []);
    return names.filter(isRecordingId);
  }
}

/** Whether the job has closed it, or is gone. */
async function isOver(folder: string, header: RecordingHeader, nowMs: number): Promise<boolean> {
  const live = join(folder, LIVE_FOLDER);
  const changedMs = async (name: string): Promise<number | undefined> => {
    const found = await stat(join(live, name)).catch(() => undefined);
    return found?.mtimeMs;
  };
  if ((await changedMs(ENDED_FILE)) !== undefined) {
    return true;
  }
  const writtenMs =
    (await changedMs(storedName(LIVE_FILES.avatar, header.sealed))) ??
    new Date(header.startedAt).getTime();
  return nowMs - writtenMs >= SILENT_JOB_MS;
}
