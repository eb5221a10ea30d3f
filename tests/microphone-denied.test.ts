/** A learner who refuses the microphone is told what to do, and can type instead. */
import { afterEach, expect, inject, it } from 'vitest';
import { LearnerBrowser } from './learner-browser.ts';

let browser: LearnerBrowser;

afterEach(async () => {
  await browser.close();
});

it('says how to allow the microphone, and typing works without one', async () => {
  browser = await LearnerBrowser.open(inject('pageUrl'), { permission: 'denied' });
  const { page } = browser;
  await browser.choose('first-interview');
  const check = page.locator('[data-testid=microphone-check][data-state=denied]');
  await check.waitFor();
  await browser.picture('denied-1-prejoin');
  await expect(check.getByRole('alert').textContent()).resolves.toMatch(/\w+/);
  expect(await check.getByRole('listitem').count()).toBeGreaterThan(0);
  expect(await page.getByTestId('join').isDisabled()).toBe(true);

  await page.getByTestId('type-instead').click();
  await browser.join();
  await browser.untilCaption('avatar', /\w+ \w+/);
  await browser.picture('denied-2-typing');
  const greeting = await browser.caption('avatar');
  await browser.type('I have worked as a nurse for six years.');
  await browser.untilCaption('learner', /nurse for six years/);
  await browser.untilStage('speaking');
  await expect.poll(() => browser.caption('avatar'), { timeout: 60_000 }).not.toBe(greeting);
  expect(await page.getByText('nurse for six years').first().isVisible()).toBe(true);
  await browser.picture('denied-3-answer');
  await browser.end();
  const transcript = await page.getByTestId('transcript').textContent();
  expect(transcript).toContain('I have worked as a nurse for six years.');
  expect(browser.errors).toEqual([]);
});
