/** How long a learner's browser waits: from the token request to the first picture of the avatar. */
import { ensureChromium } from '#launch/install/chromium.ts';
import { chromium } from 'playwright-core';

export interface ConnectOptions {
  pageUrl: string;
  scenarioId: string;
  times: number;
  say: (line: string) => void;
}

/** A warm worker has had this long to prepare its next process. */
const WARM_AFTER_MS = 5_000;
const FIRST_FRAME_WITHIN_MS = 20_000;

/** Milliseconds of each connection, by the marks that the page itself sets. The first one warms the browser up. */
export async function connectTimes(options: ConnectOptions): Promise<number[]> {
  const browser = await chromium.launch({
    executablePath: await ensureChromium(options.say),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
  const taken: number[] = [];
  try {
    const context = await browser.newContext({ permissions: ['microphone'] });
    for (let time = 0; time <= options.times; time += 1) {
      const page = await context.newPage();
      await page.goto(`${options.pageUrl}/join/${options.scenarioId}`);
      await page.waitForTimeout(WARM_AFTER_MS);
      await page.getByTestId('join').click();
      await page.waitForFunction(
        () => performance.getEntriesByName('understudy:first-frame').length > 0,
        undefined,
        { timeout: FIRST_FRAME_WITHIN_MS },
      );
      const tookMs = await page.evaluate(() => {
        const [asked] = performance.getEntriesByName('understudy:token-request').slice(-1);
        const [seen] = performance.getEntriesByName('understudy:first-frame');
        return seen!.startTime - asked!.startTime;
      });
      if (time > 0) {
        taken.push(tookMs);
      }
      options.say(`connected in ${tookMs.toFixed(0)} ms`);
      await page.evaluate(async () => {
        const { sessionId, token } = JSON.parse(
          Object.values({ ...sessionStorage }).find((value) => String(value).includes('"token"')) ??
            '{}',
        ) as { sessionId?: string; token?: string };
        if (sessionId !== undefined && token !== undefined) {
          await fetch(`/api/sessions/${sessionId}/end`, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}` },
          });
        }
      });
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return taken;
}
