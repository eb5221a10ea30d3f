/** No agent comes: the page says so, and starting over finds one when there is one again. */
import { afterEach, expect, inject, it } from 'vitest';
import { LearnerBrowser } from './learner-browser.ts';

let browser: LearnerBrowser;

afterEach(async () => {
  process.kill(inject('workerPid'), 'SIGCONT');
  await browser.close();
});

it('the page says that the avatar has not come, and tries again', async () => {
  browser = await LearnerBrowser.open(inject('pageUrl'));
  const { page } = browser;
  await browser.choose('first-interview');
  // A worker that hangs takes no jobs, and nobody else hears of it.
  process.kill(inject('workerPid'), 'SIGSTOP');
  await page.getByTestId('join').click();
  await browser.untilNotice('absent');
  await browser.picture('absent-1-notice');
  await expect(page.getByTestId('notice').textContent()).resolves.toMatch(/\w+ \w+/);
  const before = page.url();

  process.kill(inject('workerPid'), 'SIGCONT');
  await page.getByTestId('start-over').click();
  await page.waitForURL((url) => url.href !== before);
  await page.locator('[data-testid=avatar-video][data-first-frame=true]').waitFor();
  await browser.untilCaption('avatar', /\w+ \w+/);
  await browser.picture('absent-2-started-over');
  await browser.end();
  expect(browser.errors).toEqual([]);
});
