/** The learner's page while LiveKit and signaling are killed and come back: it says so, reloads nothing, and goes on. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { LearnerBrowser } from './learner-browser.ts';
import { OwnSystem } from './own-system.ts';

const REPLY = 'I have worked as a nurse for six years.';

let system: OwnSystem;
let browser: LearnerBrowser;

beforeAll(async () => {
  system = await OwnSystem.start();
});

afterAll(async () => {
  await system.stop();
});

afterEach(async () => {
  await browser.close();
});

it('comes back to the same call', { timeout: 240_000 }, async () => {
  browser = await LearnerBrowser.open(system.pageUrl);
  const { page } = browser;
  await browser.choose('first-interview');
  await browser.join();
  await browser.untilFrames(25);
  // What a reload would wipe out.
  await page.evaluate(() => Object.assign(window, { notReloaded: true }));

  const livekit = system.pidOf('livekit');
  const killedAtMs = system.kill('livekit');
  await browser.untilNotice('reconnecting');
  await system.untilBack('livekit', livekit);
  await browser.untilStage('listening', 'thinking', 'speaking');
  await browser.untilFrames(25);
  console.log(
    `LiveKit killed: the avatar moved again within ${(performance.now() - killedAtMs).toFixed(0)} ms`,
  );
  const before = await browser.caption('avatar');
  await browser.type(REPLY);
  await expect.poll(() => browser.caption('avatar'), { timeout: 60_000 }).not.toBe(before);

  // The end of the call and its report wait for a signaling that is just starting.
  const signaling = system.pidOf('signaling');
  system.kill('signaling');
  await page.getByTestId('end').click();
  await page.getByTestId('end-now').click();
  await system.untilBack('signaling', signaling);
  await page.getByTestId('report').waitFor();
  expect(await page.getByTestId('transcript').textContent()).toContain(REPLY);
  expect(await page.evaluate(() => 'notReloaded' in window)).toBe(true);
  expect(browser.errors).toEqual([]);
});
