/**
 * The espeak-ng process. The engine is GPL-3 and stays on this side of a pipe: the agent never loads it. Takes jobs
 * one by one, answers each once, and ends with its parent.
 */
import type { JobReply } from '../job-queue.ts';
import type { EspeakEvent, EspeakJob, EspeakResult } from './protocol.ts';

interface RawEvent {
  type: string;
  id?: string | number;
  text_position: number;
  audio_position: number;
}

interface EspeakWorker {
  set_voice(name: string, variant: number): number;
  set_rate(wordsPerMinute: number): void;
  set_pitch(pitch: number): void;
  get_samplerate(): number;
  synthesize(text: string, onSound: (sound: Int16Array | null, events: RawEvent[]) => number): void;
}

interface EspeakModule {
  eSpeakNGWorker: new () => EspeakWorker;
}

const load = async (): Promise<EspeakWorker> => {
  const name = '@echogarden/espeak-ng-emscripten';
  const start = ((await import(name)) as { default: () => Promise<EspeakModule> }).default;
  const module = await start();
  return new module.eSpeakNGWorker();
};

const speak = (engine: EspeakWorker, job: EspeakJob): EspeakResult => {
  engine.set_voice(job.espeakVoice, 0);
  engine.set_rate(job.rate);
  engine.set_pitch(job.pitch);
  const parts: Int16Array[] = [];
  const events: EspeakEvent[] = [];
  engine.synthesize(job.text, (sound, raw) => {
    // The engine reuses its buffer.
    if (sound !== null && sound.length > 0) parts.push(sound.slice());
    for (const { type, id = '', text_position, audio_position } of raw) {
      events.push({ type, id, textPosition: text_position, audioMs: audio_position });
    }
    return 0;
  });
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, sampleRateHz: engine.get_samplerate(), events };
};

const engine = load();
// A failure to load is the answer to every job.
engine.catch(() => undefined);

process.on('message', (job: EspeakJob & { id: number }) => {
  const answer = (reply: JobReply<EspeakResult>): void => {
    process.send?.(reply);
  };
  engine
    .then((worker) => {
      answer({ ...speak(worker, job), id: job.id, ok: true });
    })
    .catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      answer({ id: job.id, ok: false, detail });
    });
});
process.on('disconnect', () => {
  process.exit(0);
});
