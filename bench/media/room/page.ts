/**
 * What runs inside Chromium: joins a room with the page's own client library and notes when sound and pictures leave the
 * receivers, as the page's players get them. Playwright sends this function over as text: it reaches nothing outside itself.
 */

/** One frame of sound: when it came, and its first and last loud and audible samples; then when it has none, -1. */
export type SoundNote = [
  atMs: number,
  firstLoud: number,
  lastLoud: number,
  firstAudible: number,
  lastAudible: number,
];
/** When a picture came, and the mean luma in the middle of its flash. */
export type PictureNote = [atMs: number, luma: number];

export interface PageNotes {
  /** The page's clock when the notes were fetched. */
  nowMs: number;
  rateHz: number;
  sounds: SoundNote[];
  pictures: PictureNote[];
  stats: { atMs: number; inbound: PageInbound[] }[];
}

export interface PageInbound {
  kind: string;
  jitterBufferDelay?: number;
  jitterBufferEmittedCount?: number;
  concealedSamples?: number;
  totalSamplesReceived?: number;
  estimatedPlayoutTimestamp?: number;
}

export interface PageOrder {
  url: string;
  token: string;
  loud: number;
  audible: number;
  /** Where the flash is looked at, in pixels of the picture. */
  patch: { x: number; y: number; width: number; height: number };
}

/** The parts of the page's client library that are used. */
interface Client {
  Room: new () => {
    on(event: 'trackSubscribed', listener: (track: PageTrack) => void): void;
    connect(url: string, token: string): Promise<void>;
  };
}

interface PageTrack {
  kind: 'audio' | 'video';
  mediaStreamTrack: MediaStreamTrack;
  receiver: RTCRtpReceiver;
  attach(): HTMLMediaElement;
}

interface Readable<T> {
  readable: ReadableStream<T>;
}

export interface PageGlobals {
  LivekitClient: Client;
  MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack }) => Readable<unknown>;
  benchNotes: PageNotes;
}

export async function joinInPage(order: PageOrder): Promise<void> {
  const globals = globalThis as unknown as PageGlobals;
  const notes: PageNotes = { nowMs: 0, rateHz: 48_000, sounds: [], pictures: [], stats: [] };
  globals.benchNotes = notes;
  const receivers: RTCRtpReceiver[] = [];

  const hear = async (track: MediaStreamTrack): Promise<void> => {
    const reader = (
      new globals.MediaStreamTrackProcessor({ track }) as Readable<AudioData>
    ).readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      const atMs = performance.now();
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const note: SoundNote = [atMs, -1, -1, -1, -1];
      for (let index = 0; index < samples.length; index += 1) {
        const level = Math.abs(samples[index]!);
        if (level >= order.audible) {
          note[3] = note[3] < 0 ? index : note[3];
          note[4] = index;
        }
        if (level >= order.loud) {
          note[1] = note[1] < 0 ? index : note[1];
          note[2] = index;
        }
      }
      notes.rateHz = value.sampleRate;
      notes.sounds.push(note);
      value.close();
    }
  };

  const see = async (track: MediaStreamTrack): Promise<void> => {
    const reader = (
      new globals.MediaStreamTrackProcessor({ track }) as Readable<VideoFrame>
    ).readable.getReader();
    const { width, height } = order.patch;
    const luma = new Uint8Array((width * height * 3) / 2);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      const atMs = performance.now();
      await value.copyTo(luma, { rect: order.patch });
      let sum = 0;
      for (let index = 0; index < width * height; index += 7) {
        sum += luma[index]!;
      }
      notes.pictures.push([atMs, sum / Math.ceil((width * height) / 7)]);
      value.close();
    }
  };

  const room = new globals.LivekitClient.Room();
  room.on('trackSubscribed', (track) => {
    document.body.append(track.attach());
    receivers.push(track.receiver);
    void (track.kind === 'audio' ? hear(track.mediaStreamTrack) : see(track.mediaStreamTrack));
  });
  await room.connect(order.url, order.token);
  setInterval(() => {
    void Promise.all(receivers.map((receiver) => receiver.getStats())).then((reports) => {
      const inbound: PageInbound[] = [];
      for (const report of reports) {
        report.forEach((entry: PageInbound & { type: string }) => {
          if (entry.type === 'inbound-rtp') {
            inbound.push(entry);
          }
        });
      }
      notes.stats.push({ atMs: performance.now(), inbound });
    });
  }, 1_000);
}
