/** Watches the avatar inside the page: how its mouth moves, with what sound. */
import type { Page } from 'playwright-core';

export interface WatchedFrame {
  /** Root mean square of the sound as it is played now, 0..1. */
  loudness: number;
  /** Mean difference to the frame before, 0..255: around the mouth, and in the whole picture. */
  mouthChange: number;
  pictureChange: number;
}

/** Looks at the next `frames` decoded frames. The page must show the avatar's picture. */
export function watchAvatar(page: Page, frames: number): Promise<WatchedFrame[]> {
  return page.evaluate(async (wanted) => {
    const video = document.querySelector<HTMLVideoElement>('[data-testid=avatar-video]');
    const sounds = [...document.querySelectorAll('audio')].filter(
      ({ srcObject }) => srcObject instanceof MediaStream,
    );
    if (video === null || sounds.length === 0) {
      throw new Error('There is no avatar to watch.');
    }
    const audio = new AudioContext();
    await audio.resume();
    const analyser = audio.createAnalyser();
    analyser.fftSize = 2_048;
    for (const { srcObject } of sounds) {
      audio.createMediaStreamSource(srcObject as MediaStream).connect(analyser);
    }
    const wave = new Float32Array(analyser.fftSize);
    const canvas = new OffscreenCanvas(212, 120);
    const drawing = canvas.getContext('2d', { willReadFrequently: true })!;
    const read = (): Uint8ClampedArray => {
      drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
      return drawing.getImageData(0, 0, canvas.width, canvas.height).data;
    };
    /** Faces are framed alike: the mouth is a little below the middle of the picture. */
    const mouth = { left: 90, right: 126, top: 60, bottom: 88 };
    const difference = (a: Uint8ClampedArray, b: Uint8ClampedArray, area: typeof mouth): number => {
      let sum = 0;
      for (let y = area.top; y < area.bottom; y += 1) {
        for (let x = area.left; x < area.right; x += 1) {
          const green = (y * canvas.width + x) * 4 + 1;
          sum += Math.abs(a[green]! - b[green]!);
        }
      }
      return sum / ((area.bottom - area.top) * (area.right - area.left));
    };
    const whole = { left: 0, right: canvas.width, top: 0, bottom: canvas.height };
    const seen: { loudness: number; mouthChange: number; pictureChange: number }[] = [];
    let before: Uint8ClampedArray | undefined;
    while (seen.length < wanted) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      const now = read();
      analyser.getFloatTimeDomainData(wave);
      if (before !== undefined) {
        seen.push({
          loudness: Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length),
          mouthChange: difference(now, before, mouth),
          pictureChange: difference(now, before, whole),
        });
      }
      before = now;
    }
    await audio.close();
    return seen;
  }, frames);
}

/** Mean brightness of the avatar's picture as it is shown now, 0 (black) to 255. */
export function pictureBrightness(page: Page): Promise<number> {
  return page.getByTestId('avatar-video').evaluate((video) => {
    const canvas = new OffscreenCanvas(53, 30);
    const drawing = canvas.getContext('2d')!;
    drawing.drawImage(video as HTMLVideoElement, 0, 0, canvas.width, canvas.height);
    const pixels = drawing.getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let green = 1; green < pixels.length; green += 4) {
      sum += pixels[green]!;
    }
    return sum / (canvas.width * canvas.height);
  });
}
