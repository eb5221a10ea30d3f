/** Sends the agent, every second of an open call, how its sound and picture arrive here. */
import { Room, RoomEvent, type RemoteTrack } from 'livekit-client';
import type { QUALITY_TOPIC } from '#agents/dispatch/quality.ts';
import { lineReport } from './line-report.ts';

/** The same name as the contract; its type makes sure of it. */
const TOPIC: typeof QUALITY_TOPIC = 'understudy.quality';
/** As often as the agent decides: a line that fails costs sound until it has. */
const EVERY_MS = 1_000;

export class LineReporter {
  readonly #room: Room;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(room: Room) {
    this.#room = room;
    room.on(RoomEvent.Connected, this.#start);
    room.on(RoomEvent.Disconnected, this.#stop);
  }

  close(): void {
    this.#room.off(RoomEvent.Connected, this.#start);
    this.#room.off(RoomEvent.Disconnected, this.#stop);
    this.#stop();
  }

  #start = (): void => {
    this.#stop();
    // A report that could not be made or sent is made up for by the next: they count since the beginning.
    this.#timer = setInterval(() => void this.#report().catch(() => undefined), EVERY_MS);
  };

  #stop = (): void => {
    clearInterval(this.#timer);
  };

  async #report(): Promise<void> {
    const tracks = [...this.#room.remoteParticipants.values()].flatMap((participant) =>
      [...participant.trackPublications.values()].flatMap(({ track }) =>
        track === undefined ? [] : [track as RemoteTrack],
      ),
    );
    if (tracks.length === 0) return;
    const reports = await Promise.all(tracks.map((track) => track.getRTCStatsReport()));
    const payload = JSON.stringify(lineReport(reports, performance.now()));
    await this.#room.localParticipant.publishData(new TextEncoder().encode(payload), {
      reliable: false,
      topic: TOPIC,
    });
  }
}
