/** A learner in a real Chromium, whose microphone is a recording. */
import { encodeWav } from '#agents/engines/wav.ts';
import { changeSpeed } from '#media/speech/resample.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type CDPSession, type Page } from 'playwright-core';
import { SPEECH_RATE_HZ } from './speech.ts';

/** Chromium plays the recording at its own rate; 48 kHz spares it the conversion. */
const MICROPHONE_RATE_HZ = 48_000;
const SCREENS = fileURLToPath(new URL('../node_modules/.understudy-screens', import.meta.url));
const PATIENCE_MS = 60_000;

export interface BrowserOptions {
  /** What the microphone hears from the moment the page opens it, 16 kHz. Without it: a silent one. */
  microphone?: Int16Array;
  /** `denied`: the learner refuses the microphone. */
  permission?: 'granted' | 'denied';
  /** Takes a self-signed certificate, as a learner does who was told that it is fine. */
  anyCertificate?: boolean;
  /** Runs in the page before anything else does. */
  prelude?: string;
}

export class LearnerBrowser {
  readonly page: Page;
  /** Uncaught errors of the page. */
  readonly errors: string[] = [];
  /** What the content security policy forbade. */
  readonly violations: string[] = [];
  readonly #context: BrowserContext;
  readonly #folder: string;
  #network: CDPSession | undefined;

  private constructor(context: BrowserContext, page: Page, folder: string) {
    this.#context = context;
    this.#folder = folder;
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) {
        this.violations.push(message.text());
      }
    });
  }

  /** Opens a fresh profile at `pageUrl`. */
  static async open(pageUrl: string, options: BrowserOptions = {}): Promise<LearnerBrowser> {
    const { microphone = new Int16Array(SPEECH_RATE_HZ), permission = 'granted' } = options;
    const { anyCertificate = false } = options;
    const folder = await mkdtemp(join(tmpdir(), 'understudy-learner-'));
    const recording = join(folder, 'microphone.wav');
    const samples = changeSpeed(microphone, SPEECH_RATE_HZ / MICROPHONE_RATE_HZ);
    await writeFile(recording, encodeWav(samples, MICROPHONE_RATE_HZ));
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: process.env['UNDERSTUDY_CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${recording}%noloop`,
        '--autoplay-policy=no-user-gesture-required',
        // For TURN over TLS, too, which is not a request of the page.
        ...(anyCertificate ? ['--ignore-certificate-errors'] : []),
        permission === 'granted' ? '--use-fake-ui-for-media-stream' : '--deny-permission-prompts',
      ],
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
    });
    const page = context.pages()[0] ?? (await context.newPage());
    const browser = new LearnerBrowser(context, page, folder);
    if (options.prelude !== undefined) {
      await page.addInitScript({ content: options.prelude });
    }
    await page.goto(pageUrl);
    return browser;
  }

  /** From the catalogue to the scene's pre-join page. */
  async choose(scenarioId: string): Promise<void> {
    await this.page.getByTestId(`scene-${scenarioId}`).getByRole('link').first().click();
    await this.page.getByTestId('prejoin').waitFor();
  }

  /** Joins, and waits until the avatar is seen. */
  async join(): Promise<void> {
    await this.page.getByTestId('join').click();
    await this.page.locator('[data-testid=avatar-video][data-first-frame=true]').waitFor();
  }

  async untilStage(...states: string[]): Promise<void> {
    const any = states.map((state) => `[data-testid=stage][data-state=${state}]`).join();
    await this.page.locator(any).waitFor();
  }

  async untilNotice(notice: string): Promise<void> {
    await this.page.locator(`[data-testid=notice][data-state=${notice}]`).waitFor();
  }

  /** Resolves when a caption of that side matches. */
  async untilCaption(speaker: 'avatar' | 'learner', wanted: RegExp): Promise<void> {
    await this.page
      .getByTestId(`caption-${speaker}`)
      .filter({ hasText: wanted })
      .first()
      .waitFor({ state: 'attached' });
  }

  async caption(speaker: 'avatar' | 'learner'): Promise<string> {
    return (await this.page.getByTestId(`caption-${speaker}`).first().textContent()) ?? '';
  }

  /** Frames of the avatar decoded so far. */
  decodedFrames(): Promise<number> {
    return this.page
      .getByTestId('avatar-video')
      .evaluate((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames);
  }

  /** Waits until `more` further frames were decoded. */
  async untilFrames(more: number): Promise<void> {
    const wanted = (await this.decodedFrames()) + more;
    await this.page.waitForFunction((count) => {
      const video = document.querySelector<HTMLVideoElement>('[data-testid=avatar-video]');
      return (video?.getVideoPlaybackQuality().totalVideoFrames ?? 0) >= count;
    }, wanted);
  }

  /** Ends the call with the End button, without waiting for its time to think again. */
  async end(): Promise<void> {
    await this.page.getByTestId('end').click();
    await this.page.getByTestId('end-now').click();
    await this.page.getByTestId('report').waitFor();
  }

  /** Cuts or mends the network of this browser alone, media packets included. */
  async setNetwork(state: 'cut' | 'whole'): Promise<void> {
    this.#network ??= await this.#context.newCDPSession(this.page);
    const cut = state === 'cut';
    await this.#network.send('Network.enable');
    await this.#network.send('Network.emulateNetworkConditions', {
      offline: cut,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
      packetLoss: cut ? 100 : 0,
    });
  }

  /** Types a reply into the call's field, opening it if need be. */
  async type(text: string): Promise<void> {
    const field = this.page.getByTestId('reply');
    if (!(await field.isVisible())) {
      await this.page.getByTestId('type').click();
    }
    await field.fill(text);
    await field.press('Enter');
  }

  /** Keeps a picture of the page for people to look at. */
  async picture(name: string): Promise<void> {
    await mkdir(SCREENS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENS, `${name}.png`) });
  }

  /** Closes the browser as a learner closes the tab: without saying goodbye. */
  async close(): Promise<void> {
    await this.#context.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
