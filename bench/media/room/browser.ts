/** A learner's browser as the subscriber: Chromium, headless, timing what its receivers put out. */
import { ensureChromium } from '#launch/install/chromium.ts';
import { projectRoot } from '#launch/system.ts';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { bufferNote, type Inbound } from './buffer-notes.ts';
import { AUDIBLE, Ear, LOUD } from './ear.ts';
import { FLASH_PATCH, flashOf } from './marker-face.ts';
import { monotonicMs } from './monotonic.ts';
import type { BufferNote, Heard } from './order.ts';
import { joinInPage, type PageGlobals, type PageNotes } from './page.ts';

const PORT = 38_883;
const CLIENT = join(projectRoot, 'node_modules', 'livekit-client', 'dist', 'livekit-client.umd.js');

export class BrowserListener {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #server: Server;

  private constructor(browser: Browser, page: Page, server: Server) {
    this.#browser = browser;
    this.#page = page;
    this.#server = server;
  }

  static async join(
    url: string,
    token: string,
    say: (line: string) => void,
  ): Promise<BrowserListener> {
    const executablePath = await ensureChromium(say);
    const client = await readFile(CLIENT);
    const server = createServer((request, response) => {
      if (request.url === '/client.js') {
        response.end(client);
      } else {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><body><script src="/client.js"></script></body>');
      }
    });
    await new Promise<void>((resolve) => server.listen(PORT, '127.0.0.1', resolve));
    const browser = await chromium.launch({
      executablePath,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
        '--autoplay-policy=no-user-gesture-required',
      ],
    });
    const page = await browser.newPage();
    // The runner's compiler names functions with a helper that the page does not have.
    await page.addInitScript('globalThis.__name = (named) => named');
    await page.goto(`http://localhost:${String(PORT)}/`);
    await page.evaluate(joinInPage, {
      url,
      token,
      loud: LOUD / 32_768,
      audible: AUDIBLE / 32_768,
      patch: FLASH_PATCH,
    });
    return new BrowserListener(browser, page, server);
  }

  /** All that was heard and seen so far, in the times of this process. */
  async heard(): Promise<Heard> {
    const notes = await this.#page.evaluate((): PageNotes => {
      const { benchNotes } = globalThis as unknown as PageGlobals;
      return { ...benchNotes, nowMs: performance.now() };
    });
    return heardIn(notes, monotonicMs() - notes.nowMs);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

/** `offsetMs` leads from the page's clock to ours; it shifts everything alike. */
export function heardIn(notes: PageNotes, offsetMs: number): Heard {
  const ear = new Ear(notes.rateHz);
  for (const [atMs, firstLoud, lastLoud, firstAudible, lastAudible] of notes.sounds) {
    ear.push({
      atMs: atMs + offsetMs,
      loud: [firstLoud, lastLoud],
      audible: [firstAudible, lastAudible],
    });
  }
  const flashes: Heard['flashes'] = [];
  let wasLit = false;
  for (const [atMs, luma] of notes.pictures) {
    const { lit, ageMs } = flashOf(luma);
    if (lit && !wasLit) {
      flashes.push({ atMs: atMs + offsetMs, ageMs });
    }
    wasLit = lit;
  }
  return {
    ...ear.heard(),
    flashes,
    picturesMs: notes.pictures.map(([atMs]) => atMs + offsetMs),
    buffers: buffersIn(notes, offsetMs),
  };
}

function buffersIn({ stats }: PageNotes, offsetMs: number): BufferNote[] {
  const looks = stats.map(({ atMs, inbound }) => ({
    atMs,
    inbound: inbound.map((one): Inbound => ({
      kind: one.kind,
      waitedS: one.jitterBufferDelay ?? 0,
      emitted: one.jitterBufferEmittedCount ?? 0,
      concealed: one.concealedSamples ?? 0,
      received: one.totalSamplesReceived ?? 0,
      playoutMs: one.estimatedPlayoutTimestamp ?? null,
    })),
  }));
  return looks.slice(1).flatMap(({ atMs, inbound }, index) => {
    const note = bufferNote(looks[index]!.inbound, inbound, atMs + offsetMs);
    return note === undefined ? [] : [note];
  });
}
