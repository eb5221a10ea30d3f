/**
 * A learner's network is cut and mended: how long until the avatar moves again, from the moment it is mended, in a real
 * Chromium whose packets are dropped. And a learner who enters again with their token: how long until the first picture of
 * the same agent, from the call of connect.
 */
import { Call } from '../../tests/call.ts';
import { HeadlessLearner } from '../../tests/headless-learner.ts';
import { LearnerBrowser } from '../../tests/learner-browser.ts';
import { OwnSystem } from '../../tests/own-system.ts';
import type { SectionOptions, SectionResult } from './report.ts';
import { spreadOf } from './spread.ts';

const CUTS = 10;
const QUICK_CUTS = 3;
/** The page notices after some seconds; a walk between access points takes as long. */
const CUT_MS = 6_000;
const SETTLE_MS = 3_000;

export async function measureReconnect({ quick, say }: SectionOptions): Promise<SectionResult> {
  const cuts = quick ? QUICK_CUTS : CUTS;
  const system = await OwnSystem.start();
  try {
    const moving = spreadOf(await cutNetworks(system, cuts, say));
    const { againMs, sameAgent } = await enterAgain(system, cuts);
    const again = spreadOf(againMs);
    return {
      figures: { reconnectMs: { p95: moving.p95 } },
      rows: [
        {
          figure: 'cut network mended → avatar moving again',
          reach: 'P95 ≤ 2,000 ms',
          measured: `P95 ${String(moving.p95)} ms, median ${String(moving.medianMs)} ms`,
          n: String(moving.n),
        },
        {
          figure: 'entering again → first picture of the same agent',
          reach: '≤ 1,000 ms',
          measured: `P95 ${String(again.p95)} ms, same agent ${String(sameAgent)} of ${String(again.n)}`,
          n: String(again.n),
        },
      ],
      detail: { moving, again, sameAgent, cutMs: CUT_MS },
    };
  } finally {
    await system.stop();
  }
}

async function cutNetworks(
  system: OwnSystem,
  cuts: number,
  say: SectionOptions['say'],
): Promise<number[]> {
  const movingMs: number[] = [];
  const browser = await LearnerBrowser.open(system.pageUrl);
  try {
    await browser.choose('first-interview');
    await browser.join();
    await browser.untilFrames(25);
    for (let cut = 0; cut < cuts; cut += 1) {
      await browser.setNetwork('cut');
      await pause(CUT_MS);
      const stood = await pictureOf(browser);
      await browser.setNetwork('whole');
      const mendedAtMs = performance.now();
      await browser.page.waitForFunction(
        ({ frames, width }) => {
          const video = document.querySelector<HTMLVideoElement>('[data-testid=avatar-video]');
          const now = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
          // After a cut the picture may come on another track, whose count begins anew.
          return (
            video !== null &&
            (now > frames || (now > 0 && now < frames) || video.videoWidth !== width)
          );
        },
        stood,
        { polling: 20 },
      );
      movingMs.push(performance.now() - mendedAtMs);
      await browser.untilStage('listening', 'thinking', 'speaking');
      await browser.untilFrames(25);
      await pause(SETTLE_MS);
      say(`${String(cut + 1)} of ${String(cuts)} cuts`);
    }
    await browser.end();
  } finally {
    await browser.close();
  }
  return movingMs;
}

function pictureOf(browser: LearnerBrowser): Promise<{ frames: number; width: number }> {
  return browser.page.getByTestId('avatar-video').evaluate((element) => {
    const video = element as HTMLVideoElement;
    return { frames: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth };
  });
}

async function enterAgain(
  system: OwnSystem,
  times: number,
): Promise<{ againMs: number[]; sameAgent: number }> {
  const call = await Call.start(system.pageUrl, 'first-interview');
  const againMs: number[] = [];
  let sameAgent = 0;
  let learner = await HeadlessLearner.join(call.session);
  try {
    await learner.untilGreeted();
    const agent = learner.agent?.identity;
    for (let time = 0; time < times; time += 1) {
      await learner.close();
      const fromMs = performance.now();
      learner = await HeadlessLearner.join(call.session);
      const [{ atMs }] = await learner.until('picture', () => true);
      againMs.push(atMs - fromMs);
      sameAgent += learner.agent?.identity === agent ? 1 : 0;
    }
  } finally {
    await learner.close();
    await call.end();
  }
  return { againMs, sameAgent };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
