/** The whole path in a real Chromium: a learner who never saw the page talks with the avatar and reads the report. */
import { afterEach, expect, inject, it } from 'vitest';
import { pictureBrightness, watchAvatar } from './avatar-watch.ts';
import { LearnerBrowser } from './learner-browser.ts';
import { joined, silence, synthesise, wordOverlap } from './speech.ts';

const SAID = 'I worked as a teacher for six years and I like working with people.';
/** From the opening of the microphone: time for the greeting, and less than the avatar bears silence. */
const BEFORE_SPEAKING_MS = 11_000;

let browser: LearnerBrowser;

afterEach(async () => {
  await browser.close();
});

it('a learner chooses a scene, speaks, sees and hears the answer, ends the call and reads the report', async () => {
  const [speech] = await synthesise(SAID);
  const microphone = joined([silence(BEFORE_SPEAKING_MS), speech!, silence(60_000)]);
  browser = await LearnerBrowser.open(inject('pageUrl'), { microphone });
  const { page } = browser;
  await page.getByTestId('scenes').waitFor();
  await browser.picture('page-1-catalogue');

  await browser.choose('first-interview');
  await page.locator('[data-testid=microphone-check][data-state=live]').waitFor();
  await browser.picture('page-2-prejoin');

  await browser.join();
  // The first picture already shows somebody.
  expect(await pictureBrightness(page)).toBeGreaterThan(40);
  await browser.picture('page-3-joined');
  await browser.untilFrames(10);
  await browser.untilCaption('avatar', /\w+ \w+/);
  await browser.picture('page-4-greeting');

  // The learner's own words.
  await expect
    .poll(async () => wordOverlap(SAID, await browser.caption('learner')), { timeout: 60_000 })
    .toBeGreaterThanOrEqual(0.5);
  await browser.picture('page-5-learner-spoke');

  // The answer: seen, heard, read.
  await browser.untilStage('speaking');
  const frames = await watchAvatar(page, 60);
  await browser.picture('page-6-answer');
  const loud = frames.filter(({ loudness }) => loudness > 0.005);
  expect(loud.length).toBeGreaterThan(15);
  expect(frames.filter(({ pictureChange }) => pictureChange > 0).length).toBeGreaterThan(30);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const whileLoud = mean(loud.map(({ mouthChange }) => mouthChange));
  // A nod moves all of the picture, but the mouth more.
  expect(whileLoud).toBeGreaterThan(1.3 * mean(loud.map(({ pictureChange }) => pictureChange)));

  await browser.untilStage('listening');
  const answer = await browser.caption('avatar');
  expect(answer.split(' ').length).toBeGreaterThan(2);

  await browser.end();
  const transcript = page.getByTestId('transcript');
  await transcript.waitFor();
  await browser.picture('page-7-report');
  await expect(transcript.textContent()).resolves.toContain('Ada');
  expect(wordOverlap(SAID, (await transcript.textContent()) ?? '')).toBeGreaterThanOrEqual(0.5);
  expect(wordOverlap(answer, (await transcript.textContent()) ?? '')).toBeGreaterThanOrEqual(0.9);
  expect(browser.errors).toEqual([]);
});
