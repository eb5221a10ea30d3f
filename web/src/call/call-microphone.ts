/** The learner's microphone in a call: published once, muted and unmuted, replaced when it was unplugged. */
import {
  createLocalAudioTrack,
  Track,
  type LocalAudioTrack,
  type LocalTrack,
  type Room,
} from 'livekit-client';
import { fixedLevel, LevelMeter, type LevelSource } from '../audio/level-meter.ts';
import type { MicrophoneStatus } from './call-state.ts';

export interface MicrophoneSnapshot {
  status: MicrophoneStatus;
  level: LevelSource;
  /** A microphone that could replace a lost one; null when there is none. */
  replacement: { deviceId: string; label: string } | null;
}

const SILENCE = fixedLevel();

export class CallMicrophone {
  readonly #room: Room;
  #deviceId: string;
  #snapshot: MicrophoneSnapshot = { status: 'off', level: SILENCE, replacement: null };
  readonly #listeners = new Set<() => void>();
  #wanted: Promise<LocalAudioTrack> | null = null;
  #track: LocalAudioTrack | null = null;
  #meter: LevelMeter | null = null;
  #muted: boolean;
  #closed = false;

  /** `deviceId` empty means the browser's default; `muted` is how a rejoined call was left. */
  constructor(room: Room, deviceId: string, muted: boolean) {
    this.#room = room;
    this.#muted = muted;
    this.#deviceId = deviceId;
  }

  read = (): MicrophoneSnapshot => this.#snapshot;

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  /** Opens the device without publishing it: done while the room is still connecting. */
  prepare(): void {
    if (this.#wanted !== null || this.#closed) return;
    this.#update({ status: 'starting' });
    this.#wanted = createLocalAudioTrack({
      ...(this.#deviceId === '' ? {} : { deviceId: { ideal: this.#deviceId } }),
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    });
    this.#wanted.catch(() => undefined);
  }

  /** Publishes the device, opening it first if need be. A room that was opened again gets it again. */
  async publish(): Promise<void> {
    // Losing the room stops its tracks: such a one is opened anew, as muted as it was.
    if (this.#track?.mediaStreamTrack.readyState === 'ended') this.#release();
    this.prepare();
    const wanted = this.#wanted;
    if (wanted === null) return;
    try {
      const track = await wanted;
      if (this.#closed) {
        track.stop();
        return;
      }
      if (track !== this.#track) this.#adopt(track);
      if (this.#muted && !track.isMuted) await track.mute();
      await this.#room.localParticipant.publishTrack(track as LocalTrack, {
        source: Track.Source.Microphone,
        // Speech, and the agent listens at 16 kHz: music settings would only cost.
        dtx: true,
        red: true,
      });
      this.#update({ status: track.isMuted ? 'muted' : 'on', replacement: null });
    } catch {
      this.#wanted = null;
      if (!this.#closed) this.#update({ status: 'failed' });
    }
  }

  async setMuted(muted: boolean): Promise<void> {
    this.#muted = muted;
    const track = this.#track;
    if (track === null) return;
    if (muted) await track.mute();
    else await track.unmute();
    this.#update({ status: muted ? 'muted' : 'on' });
  }

  /** Takes another device after the first was unplugged, or failed. */
  async replace(deviceId: string): Promise<void> {
    await this.withdraw();
    this.#deviceId = deviceId;
    await this.publish();
  }

  /** Unpublishes and closes the device. */
  async withdraw(): Promise<void> {
    const track = this.#track;
    this.#release();
    if (track !== null) {
      await this.#room.localParticipant
        .unpublishTrack(track as LocalTrack, true)
        .catch(() => undefined);
    }
    if (!this.#closed) this.#update({ status: 'off', replacement: null });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#wanted?.then(
      (track) => track.stop(),
      () => undefined,
    );
    this.#release();
    this.#listeners.clear();
  }

  #adopt(track: LocalAudioTrack): void {
    this.#release();
    this.#track = track;
    this.#wanted = Promise.resolve(track);
    this.#meter = new LevelMeter(track.mediaStreamTrack);
    this.#update({ level: this.#meter });
    track.mediaStreamTrack.addEventListener('ended', this.#unplugged);
    navigator.mediaDevices.addEventListener('devicechange', this.#devicesChanged);
  }

  #release(): void {
    this.#track?.mediaStreamTrack.removeEventListener('ended', this.#unplugged);
    navigator.mediaDevices?.removeEventListener('devicechange', this.#devicesChanged);
    this.#meter?.close();
    this.#meter = null;
    this.#track?.stop();
    this.#track = null;
    this.#wanted = null;
    this.#update({ level: SILENCE });
  }

  #unplugged = (): void => {
    this.#update({ status: 'lost' });
    this.#devicesChanged();
  };

  #devicesChanged = (): void => {
    if (this.#snapshot.status !== 'lost') return;
    void navigator.mediaDevices.enumerateDevices().then((devices) => {
      const found = devices.find(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '');
      const replacement =
        found === undefined ? null : { deviceId: found.deviceId, label: found.label };
      this.#update({ replacement });
    });
  };

  #update(change: Partial<MicrophoneSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
