/**
 * The page in a real Chromium whose microphone hears the page's own loudspeaker and cancels none of it: the worst that a
 * learner's device can do. Chromium cancels the echo of real devices only; a fake one, or a graph as here, has none.
 */
import { afterEach, expect, inject, it } from 'vitest';
import { LearnerBrowser } from './learner-browser.ts';
import { silence } from './speech.ts';

/** 25 pictures a second. */
const FRAMES_OF_THREE_SECONDS = 75;

declare global {
  interface Window {
    /** Peak of what was fed back so far, 0–1. */
    loudestEcho?: number;
  }
}

let browser: LearnerBrowser;

afterEach(async () => {
  await browser.close();
});

/** Runs in the page: whatever sound it receives also goes, late and softer, into the microphone. */
function feedBack(): void {
  const ECHO_DELAY_S = 0.15;
  const ECHO_GAIN = 0.25;
  const graph = new AudioContext();
  const microphone = graph.createMediaStreamDestination();
  const delay = graph.createDelay(1);
  delay.delayTime.value = ECHO_DELAY_S;
  const gain = graph.createGain();
  gain.gain.value = ECHO_GAIN;
  delay.connect(gain).connect(microphone);
  const analyser = graph.createAnalyser();
  gain.connect(analyser);
  const newest = new Float32Array(analyser.fftSize);
  setInterval(() => {
    analyser.getFloatTimeDomainData(newest);
    const peak = Math.max(window.loudestEcho ?? 0, ...newest.map(Math.abs));
    window.loudestEcho = peak;
  }, 20);
  const { RTCPeerConnection: Original } = window;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('track', ({ track }) => {
        if (track.kind === 'audio') {
          graph.createMediaStreamSource(new MediaStream([track])).connect(delay);
        }
      });
    }
  };
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    if (stream.getAudioTracks().length === 0) return stream;
    await graph.resume();
    graph.createMediaStreamSource(stream).connect(microphone);
    return new MediaStream([
      ...microphone.stream.clone().getAudioTracks(),
      ...stream.getVideoTracks(),
    ]);
  };
}

it('the avatar says its opening line to the end and does not answer itself', async () => {
  browser = await LearnerBrowser.open(inject('pageUrl'), {
    microphone: silence(1_000),
    prelude: `(${feedBack.toString()})()`,
  });
  await browser.choose('first-interview');
  await browser.join();
  await browser.untilStage('speaking');
  await browser.untilStage('listening');
  await browser.untilFrames(FRAMES_OF_THREE_SECONDS);
  // The microphone did hear the avatar.
  expect(await browser.page.evaluate(() => window.loudestEcho)).toBeGreaterThan(0.02);
  const captions = await browser.page.getByTestId('caption-learner').allTextContents();
  expect(captions.join('').trim()).toBe('');
  await browser.end();
  const transcript = browser.page.getByTestId('transcript');
  await transcript.waitFor();
  await expect(transcript.locator('[data-turn]').count()).resolves.toBe(1);
  expect(browser.errors).toEqual([]);
});
