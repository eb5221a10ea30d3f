/** One show: publishers, ours or the peer, play a script into rooms, and a headless subscriber listens and watches. */
import { projectRoot } from '#launch/system.ts';
import { join } from 'node:path';
import { BrowserListener } from './browser.ts';
import { LinesProcess } from './lines-process.ts';
import type {
  Heard,
  PublisherEvent,
  PublisherOrder,
  SubscriberEvent,
  SubscriberOrder,
} from './order.ts';
import type { RoomServer } from './room-server.ts';
import type { Script } from './script.ts';
import { coresBetween } from './usage.ts';

export interface ShowOptions {
  server: RoomServer;
  script: Script;
  rooms: number;
  face: string;
  /** The peer's Python; ours plays when absent. */
  peerPython?: string | undefined;
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
  /** What Chromium heard and saw of the first room. */
  inBrowser: Heard | undefined;
  counters: Extract<PublisherEvent, { type: 'counters' }>[];
}

/** Connecting and the first key frame are not what a stream costs. */
const WARM_UP_MS = 3_000;
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
    const tokens = await Promise.all(names.map((name) => server.token(name, 'avatar')));
    const shares = options.oneProcess === true ? [tokens] : tokens.map((token) => [token]);
    publishers.push(
      ...shares.map((share) => startPublisher(options, { tokens: share, url: server.url })),
    );
    await Promise.all(publishers.map((publisher) => publisher.said('ready')));
    await wait(WARM_UP_MS);
    const before = await Promise.all(publishers.map((publisher) => publisher.usage()));
    await wait(script.durationMs - WARM_UP_MS);
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
  place: { url: string; tokens: string[] },
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
