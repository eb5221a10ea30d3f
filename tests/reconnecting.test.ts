/** Calls that survive: a network that is cut and comes back, a reload, a learner who returns, one who does not. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { HeadlessLearner } from './headless-learner.ts';
import { LearnerBrowser } from './learner-browser.ts';

const REPLY = 'I have worked as a nurse for six years.';

describe('In the page', () => {
  let browser: LearnerBrowser;

  afterEach(async () => {
    await browser.close();
  });

  it('a network that was cut and comes back brings the call back', async () => {
    browser = await LearnerBrowser.open(inject('pageUrl'));
    await browser.choose('first-interview');
    await browser.join();
    await browser.untilCaption('avatar', /\w+ \w+/);
    await browser.untilFrames(10);

    await browser.setNetwork('cut');
    await browser.untilNotice('reconnecting');
    await browser.picture('cut-1-reconnecting');

    await browser.setNetwork('whole');
    await browser.untilStage('listening', 'thinking', 'speaking');
    // It moves again. Its count may have begun anew: after a cut the picture may come on a smaller track.
    await browser.untilFrames(25);
    await browser.picture('cut-2-back');
    const before = await browser.caption('avatar');
    await browser.type(REPLY);
    await expect.poll(() => browser.caption('avatar'), { timeout: 60_000 }).not.toBe(before);
    await browser.end();
    expect(await browser.page.getByTestId('transcript').textContent()).toContain(REPLY);
    expect(browser.errors).toEqual([]);
  });

  it('a reload comes back to the same call', async () => {
    browser = await LearnerBrowser.open(inject('pageUrl'));
    const { page } = browser;
    await browser.choose('first-interview');
    await browser.join();
    await browser.untilCaption('avatar', /\w+ \w+/);
    const address = page.url();

    await page.reload();
    await page.locator('[data-testid=avatar-video][data-first-frame=true]').waitFor();
    expect(page.url()).toBe(address);
    await browser.untilFrames(10);
    await browser.type(REPLY);
    await browser.untilCaption('avatar', /\w+ \w+/);
    await browser.end();
    const transcript = await page.getByTestId('transcript').textContent();
    // One report holds what was said before the reload and after it.
    expect(transcript).toMatch(/Ada/);
    expect(transcript).toContain(REPLY);
    expect(browser.errors).toEqual([]);
  });
});

describe('In the room', () => {
  let call: Call;
  let learner: HeadlessLearner;

  afterEach(async () => {
    await learner.close();
    await call.end();
  });

  it('a learner who leaves and returns finds the avatar; one who does not finds the report', async () => {
    call = await Call.start(inject('pageUrl'), 'first-interview');
    learner = await HeadlessLearner.join(call.session);
    await learner.untilGreeted();
    const { agent } = learner;
    await learner.close();

    learner = await HeadlessLearner.join(call.session);
    await learner.until('picture', () => true);
    expect(learner.agent?.identity).toBe(agent?.identity);
    await learner.type(REPLY);
    await learner.untilSpoken(0);
    await learner.close();

    const report = await call.report();
    expect(report.transcript.map(({ speaker }) => speaker).slice(0, 3)).toEqual([
      'avatar',
      'learner',
      'avatar',
    ]);
  });
});
