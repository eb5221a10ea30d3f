/**
 * The connection of one call, owned outside React: it starts opening when the learner presses Start, survives
 * re-renders, refreshes its token, and can be opened again after it was lost. The page reads it as a store.
 */
import { ConnectionError, DisconnectReason, Room, RoomEvent } from 'livekit-client';
import { endSession, refreshToken } from '../api/client.ts';
import { ApiError } from '../api/problem.ts';
import { keepToken } from '../storage/my-reports.ts';
import { forgetOpenCall, keepOpenCall, type OpenCall } from '../storage/open-call.ts';
import { readPreferences } from '../storage/preferences.ts';
import { CallMicrophone } from './call-microphone.ts';
import { CaptionFeed } from './caption-feed.ts';
import { refreshDelayMs, type ConnectionPhase } from './call-state.ts';
import { LineReporter } from './line-reporter.ts';

/** Ten tries over about 40 s: longer than a walk between access points, shorter than a learner's patience. */
const RETRY_DELAYS_MS = [0, 300, 1_200, 2_700, 4_800, 6_000, 6_000, 6_000, 6_000, 6_000];
export const RECONNECT_TRIES = RETRY_DELAYS_MS.length;

/** After the media library gave up, or the media server said that it stops, the page keeps trying by itself. */
const LOST_RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000];
/** An end that signaling could not be told, since it is just restarting, is told again. */
const END_RETRY_DELAYS_MS = [1_000, 3_000, 9_000];

export interface ConnectionSnapshot {
  phase: ConnectionPhase;
  /** The running reconnect attempt, from 1. */
  attempt: number;
  /** Why it failed, in words for the learner; empty otherwise. */
  detail: string;
}

export class CallConnection {
  readonly room: Room;
  readonly captions: CaptionFeed;
  readonly microphone: CallMicrophone;
  readonly #lineReporter: LineReporter;
  readonly sessionId: string;
  #call: OpenCall;
  #snapshot: ConnectionSnapshot = { phase: 'connecting', attempt: 0, detail: '' };
  readonly #listeners = new Set<() => void>();
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #lostTries = 0;
  #opening = false;

  constructor(call: OpenCall) {
    this.#call = call;
    this.sessionId = call.sessionId;
    const { microphoneId, speakerId } = readPreferences();
    this.room = new Room({
      // One avatar fills the stage: every layer and every frame is wanted at once, visible or not yet.
      adaptiveStream: false,
      // A reload is not a goodbye: the session waits for this tab to come back.
      disconnectOnPageLeave: false,
      reconnectPolicy: {
        nextRetryDelayInMs: ({ retryCount }) => {
          this.#update({ attempt: retryCount + 1 });
          return RETRY_DELAYS_MS[retryCount] ?? null;
        },
      },
      ...(speakerId === '' ? {} : { audioOutput: { deviceId: speakerId } }),
    });
    this.captions = new CaptionFeed(this.room);
    this.#lineReporter = new LineReporter(this.room);
    this.microphone = new CallMicrophone(this.room, microphoneId, call.muted);
    this.room.on(RoomEvent.Disconnected, this.#disconnected);
    this.room.on(RoomEvent.Reconnected, () => this.#update({ attempt: 0 }));
    window.addEventListener('online', this.#backOnline);
    this.#scheduleRefresh();
    if (!call.typing) this.microphone.prepare();
    void this.open();
  }

  get call(): OpenCall {
    return this.#call;
  }

  read = (): ConnectionSnapshot => this.#snapshot;

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  /** Opens the room, for the first time or again. Does nothing while it is opening or open. */
  async open(): Promise<void> {
    const { phase } = this.#snapshot;
    if (this.#opening || phase === 'open' || phase === 'closed') return;
    this.#opening = true;
    clearTimeout(this.#lostTimer);
    const again = phase === 'lost';
    if (!again) this.#update({ phase: 'connecting', detail: '' });
    try {
      await this.room.connect(this.#call.serverUrl, this.#call.token, { autoSubscribe: true });
      performance.mark('understudy:connected');
      this.#lostTries = 0;
      this.#update({ phase: 'open', attempt: 0, detail: '' });
      if (!this.#call.typing) void this.microphone.publish();
    } catch (error) {
      const denied = error instanceof ConnectionError && error.status === 401;
      if (denied) await this.#refresh();
      if (this.#snapshot.phase === 'closed') return;
      if (denied && this.#snapshot.phase !== 'expired') this.#lost();
      else if (again) this.#lost();
      else if (this.#snapshot.phase !== 'expired') {
        this.#update({ phase: 'failed', detail: error instanceof Error ? error.message : '' });
      }
    } finally {
      this.#opening = false;
    }
  }

  /** Drops what is left of the connection and opens it anew. */
  async reopen(): Promise<void> {
    if (this.#snapshot.phase === 'closed') return;
    this.#update({ phase: 'lost' });
    await this.room.disconnect(false);
    await this.open();
  }

  /** The learner switches to typing for good, or back. */
  setTyping(typing: boolean): void {
    this.#keep({ ...this.#call, typing });
    if (typing) void this.microphone.withdraw();
    else void this.microphone.publish();
  }

  /** Mutes or unmutes, and remembers it for a reload. */
  setMuted(muted: boolean): void {
    this.#keep({ ...this.#call, muted });
    void this.microphone.setMuted(muted);
  }

  /** Ends the session for everybody and leaves. Idempotent. */
  async end(): Promise<void> {
    if (this.#snapshot.phase === 'closed') return;
    this.close();
    const { token } = this.#call;
    for (const delayMs of [...END_RETRY_DELAYS_MS, undefined]) {
      try {
        await endSession(this.sessionId, token);
        return;
      } catch (error) {
        const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
        if (refused || delayMs === undefined) return;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  }

  /** Leaves the room and forgets that this tab was in it. Idempotent. */
  close(): void {
    if (this.#snapshot.phase === 'closed') return;
    this.#update({ phase: 'closed' });
    clearTimeout(this.#refreshTimer);
    clearTimeout(this.#lostTimer);
    window.removeEventListener('online', this.#backOnline);
    forgetOpenCall(this.sessionId);
    connections.delete(this.sessionId);
    this.microphone.close();
    this.captions.close();
    this.#lineReporter.close();
    void this.room.disconnect().catch(() => undefined);
  }

  #disconnected = (reason?: DisconnectReason): void => {
    const { phase } = this.#snapshot;
    if (phase === 'closed' || phase === 'expired' || this.#opening) return;
    switch (reason) {
      case DisconnectReason.ROOM_DELETED:
      case DisconnectReason.ROOM_CLOSED:
      case DisconnectReason.PARTICIPANT_REMOVED:
        this.close();
        return;
      case DisconnectReason.DUPLICATE_IDENTITY:
        this.#update({ phase: 'failed', detail: 'This call was opened in another tab.' });
        return;
      case DisconnectReason.CLIENT_INITIATED:
        return;
      default:
        this.#lost();
    }
  };

  #lost(): void {
    this.#update({ phase: 'lost' });
    clearTimeout(this.#lostTimer);
    const last = LOST_RETRY_DELAYS_MS.length - 1;
    const delayMs = LOST_RETRY_DELAYS_MS[Math.min(this.#lostTries, last)];
    this.#lostTries += 1;
    this.#lostTimer = setTimeout(() => void this.open(), delayMs);
  }

  #backOnline = (): void => {
    if (this.#snapshot.phase === 'lost') void this.open();
  };

  #scheduleRefresh(): void {
    clearTimeout(this.#refreshTimer);
    const delayMs = refreshDelayMs(Date.parse(this.#call.tokenExpiresAt), Date.now());
    this.#refreshTimer = setTimeout(() => void this.#refresh(), delayMs);
  }

  /** A fresh token, for the API and for opening the room again. A session that is over ends the call here too. */
  async #refresh(): Promise<void> {
    try {
      const fresh = await refreshToken(this.sessionId, this.#call.token);
      this.#keep({ ...this.#call, ...fresh });
      keepToken(this.sessionId, fresh.token);
    } catch (error) {
      const refused = error instanceof ApiError && [401, 403, 404, 409].includes(error.status);
      // While the room is open a refusal changes nothing for the learner; it matters only to get back in.
      if (refused && this.#snapshot.phase !== 'open') this.#update({ phase: 'expired' });
    }
    if (this.#snapshot.phase !== 'closed') this.#scheduleRefresh();
  }

  #keep(call: OpenCall): void {
    this.#call = call;
    keepOpenCall(call);
  }

  #update(change: Partial<ConnectionSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** At most one per session in this tab: the page and the Start button meet here. */
const connections = new Map<string, CallConnection>();

export function openConnection(call: OpenCall): CallConnection {
  let connection = connections.get(call.sessionId);
  if (connection === undefined) {
    connection = new CallConnection(call);
    connections.set(call.sessionId, connection);
  }
  return connection;
}

/** Resolves the media server's name and opens TLS to it, so that the first real connection finds both done. */
export function warmUp(serverUrl: string): void {
  if (serverUrl === '') return;
  const room = new Room();
  void room.prepareConnection(serverUrl).catch(() => undefined);
}
