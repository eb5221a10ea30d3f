/** One show: publishers, ours or the peer, play a script into rooms, and a headless subscriber listens and watches. */
import { projectRoot } from '#launch/system.ts';
import { join } from 'node:path';
import { BrowserListener } from './browser.ts';
import { markerBase } from './marker-base.ts';
import { LinesProcess } from './lines-process.ts';
import type {
  Heard,
  PublisherEvent,
  PublisherOrder,
  SubscriberEvent,
  SubscriberOrder,
} from './order.ts';
import { paceOf, type Pace } from './pace.ts';
import type { RoomServer } from './room-server.ts';
import type { Script } from './script.ts';
import { coresBetween, type Usage } from './usage.ts';

export interface ShowOptions {
  server: RoomServer;
  script: Script;
  rooms: number;
  face: string;
  /** Told of the publishers' use every few seconds. */
  onUsage?: (usage: Usage[]) => void;
  /** The peer's Python; ours plays when absent. */
  peerPython?: string | undefined;
  /** Rooms whose pictures are looked at; the others are listened to only, so that decoding leaves them the machine. */
  watched?: number;
  /** Chromium listens in the first room too. */
  browser?: boolean;
  /** All rooms in one process, as an avatar worker holds them; a job has one of its own. */
  oneProcess?: boolean;
}

export interface ShowResult {
  rooms: (Heard & { clearedMs: number[] })[];
  /** Cores that one stream's publisher kept busy, encoding included. */
  coresPerStream: number;
  residentMb: number[];
  /** The pictures' rate and how many came in time, in the part that was measured. */
  pace: Pace;
  /** What Chromium heard and saw of the first room. */
  inBrowser: Heard | undefined;
  counters: Extract<PublisherEvent, { type: 'counters' }>[];
}

/** Connecting and the first key frame are not what a stream costs. */
const WARM_UP_MS = 5_000;
const USAGE_EVERY_MS = 5_000;
let shows = 0;

export async function playShow(options: ShowOptions): Promise<ShowResult> {
  const { server, script, rooms } = options;
  shows += 1;
  const names = Array.from(
    { length: rooms },
    (_, index) => `show-${String(shows)}-${String(index)}`,
  );
  const subscriber = startSubscriber({
    url: server.url,
    watched: options.watched ?? rooms,
    tokens: await Promise.all(names.map((name) => server.token(name, 'listener'))),
  });
  const publishers: LinesProcess<PublisherEvent>[] = [];
  let browser: BrowserListener | undefined;
  try {
    await subscriber.said('ready');
    if (options.browser === true) {
      browser = await BrowserListener.join(
        server.url,
        await server.token(names[0]!, 'browser'),
        () => undefined,
      );
    }
    const markerBasePath = await markerBase();
    const tokens = await Promise.all(names.map((name) => server.token(name, 'avatar')));
    const shares = options.oneProcess === true ? [tokens] : tokens.map((token) => [token]);
    publishers.push(
      ...shares.map((share) =>
        startPublisher(options, { tokens: share, url: server.url, markerBasePath }),
      ),
    );
    await Promise.all(publishers.map((publisher) => publisher.said('ready')));
    await wait(WARM_UP_MS);
    const before = await Promise.all(publishers.map((publisher) => publisher.usage()));
    const watch = setInterval(() => {
      Promise.all(publishers.map((publisher) => publisher.usage())).then(
        (usage) => options.onUsage?.(usage),
        // A publisher that ended is noticed below.
        () => undefined,
      );
    }, USAGE_EVERY_MS);
    await wait(script.durationMs - WARM_UP_MS);
    clearInterval(watch);
    const after = await Promise.all(publishers.map((publisher) => publisher.usage()));
    const inBrowser = await browser?.heard();
    await subscriber.finish();
    const { rooms: heard } = await subscriber.said('heard');
    await Promise.all(publishers.map((publisher) => publisher.finish()));
    const cores = before.reduce((sum, look, index) => sum + coresBetween(look, after[index]!), 0);
    const events = publishers.flatMap(({ events }, process) =>
      events.map((event) =>
        event.type === 'ready' ? event : { ...event, room: event.room + process },
      ),
    );
    return {
      rooms: heard.map((one, room) => ({
        ...one,
        clearedMs: events.flatMap((event) =>
          event.type === 'cleared' && event.room === room ? [event.atMs] : [],
        ),
      })),
      inBrowser,
      coresPerStream: cores / rooms,
      pace: paceOf(
        heard.slice(0, options.watched).map(({ picturesMs }) => picturesMs),
        before[0]!.atMs,
        after[0]!.atMs,
      ),
      residentMb: after.map(({ residentMb }) => residentMb),
      counters: events.filter((event) => event.type === 'counters'),
    };
  } finally {
    await browser?.close();
    await Promise.all([...publishers, subscriber].map((one) => one.finish()));
  }
}

function startSubscriber(order: SubscriberOrder): LinesProcess<SubscriberEvent> {
  return new LinesProcess({ name: 'The subscriber', ...typescript('subscriber.ts'), order });
}

function startPublisher(
  { script, face, peerPython }: ShowOptions,
  place: Pick<PublisherOrder, 'url' | 'tokens' | 'markerBasePath'>,
): LinesProcess<PublisherEvent> {
  const order: PublisherOrder = { ...place, script, face };
  return peerPython === undefined
    ? new LinesProcess({ name: 'Our publisher', ...typescript('publisher.ts'), order })
    : new LinesProcess({
        name: 'The peer',
        command: peerPython,
        args: [join(projectRoot, 'bench', 'media', 'peer', 'avatar_peer.py')],
        order,
      });
}

function typescript(file: string): { command: string; args: string[] } {
  return {
    command: process.execPath,
    args: ['--import', 'tsx', join(projectRoot, 'bench', 'media', 'room', file)],
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
