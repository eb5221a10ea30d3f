/** The sound of the speaker test: two soft notes, a fourth apart, as a WAV file. Pure. */

const SAMPLE_RATE_HZ = 24_000;
const NOTES_HZ = [440, 587.33];
const NOTE_MS = 420;
const STEP_MS = 260;
/** Half of full scale: clear, and no shock in headphones. */
const AMPLITUDE = 0.35;

/** Mono samples in −1..1 at 24 kHz. */
export function chimeSamples(): Float32Array {
  const step = (STEP_MS * SAMPLE_RATE_HZ) / 1000;
  const length = (NOTE_MS * SAMPLE_RATE_HZ) / 1000;
  const samples = new Float32Array(step * (NOTES_HZ.length - 1) + length);
  NOTES_HZ.forEach((hz, index) => {
    for (let n = 0; n < length; n += 1) {
      const attack = Math.min(1, n / (0.012 * SAMPLE_RATE_HZ));
      const decay = (1 - n / length) ** 2;
      const value = AMPLITUDE * attack * decay * Math.sin((2 * Math.PI * hz * n) / SAMPLE_RATE_HZ);
      const at = index * step + n;
      samples[at] = (samples[at] ?? 0) + value;
    }
  });
  return samples;
}

/** The samples as a 16-bit WAV file. */
export function chimeWav(): Uint8Array<ArrayBuffer> {
  const samples = chimeSamples();
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => {
    for (let n = 0; n < value.length; n += 1) view.setUint8(at + n, value.charCodeAt(n));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE_HZ, true);
  view.setUint32(28, SAMPLE_RATE_HZ * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((value, n) => {
    view.setInt16(44 + n * 2, Math.round(Math.min(1, Math.max(-1, value)) * 32_767), true);
  });
  return bytes;
}

/** Plays the chime on a speaker (empty id: the default) and resolves when it is over. Rejects when the browser refuses. */
export async function playChime(speakerId: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([chimeWav()], { type: 'audio/wav' }));
  try {
    const audio = new Audio(url);
    if (speakerId !== '' && 'setSinkId' in audio) await audio.setSinkId(speakerId);
    const over = new Promise<void>((resolve, reject) => {
      audio.addEventListener('ended', () => resolve());
      audio.addEventListener('error', () => reject(new Error('The chime could not be played.')));
    });
    await audio.play();
    await over;
  } finally {
    URL.revokeObjectURL(url);
  }
}
