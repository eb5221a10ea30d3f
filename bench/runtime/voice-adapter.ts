/** What a served voice costs over its engine alone: the first sound of one clause, both ways in turn. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ServedTextToSpeech } from '#agents/engines/served-voice/text-to-speech.ts';
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import { pythonOf } from '#gpu-runtime/environments/environment.ts';
import { startRuntimeProcess } from '#gpu-runtime/testing/runtime-process.ts';
import { makeToneVoices, type ToneVoices } from '#gpu-runtime/testing/tone-voices.ts';
import { systemClock } from '#media/clock.ts';
import { clauseText, splitClauses } from '#media/speech/clauses.ts';
import { toSpokenTokens } from '#media/speech/normalise.ts';
import { selectModels } from './models.ts';
import { show, type SectionResult } from './report.ts';

const BARE = fileURLToPath(new URL('./bare_voice.py', import.meta.url));
const WARM_UP = 10;
/** The bare engine's idle threads spin for a while after each sentence; what is measured next shall not pay for that. */
const REST_MS = 60;
const VOICES = { piper: 'en_US-tone_female', kokoro: 'af_tone' } as const;
type Engine = keyof typeof VOICES;

/** Each sentence is new to both ways, as in a call. */
const OPENINGS = ['Well', 'Thank you', 'I see', 'All right', 'To be honest', 'As I said'];
const MIDDLES = [
  'that is',
  'this was',
  'it will be',
  'we call that',
  'they found it',
  'I think it',
];
const ENDS = ['a good start', 'hard to hear', 'worth a talk', 'not enough yet', 'quite a surprise'];

interface EngineFigures {
  adapterMs: number;
  bareMs: number;
  /** Median of the differences of pairs. */
  overMs: number;
  n: number;
}

/** Rejects with the reason where the engines or their Python are not here. */
export async function measureVoiceAdapter(quick: boolean): Promise<SectionResult> {
  const found = pythonOf('voices');
  if ('reason' in found) {
    throw new Error(found.reason);
  }
  const rounds = quick ? 30 : 150;
  const voices = await makeToneVoices();
  const models = await selectModels(Object.keys(VOICES));
  Object.assign(process.env, voices.environment);
  try {
    const runtime = await startRuntimeProcess(models.folder);
    const service = new GrpcInferenceClient({ address: runtime.grpcAddress });
    try {
      const piper = await measure('piper', service, voices, found.python, rounds);
      const kokoro = await measure('kokoro', service, voices, found.python, rounds);
      const worst = Math.max(piper.overMs, kokoro.overMs);
      return {
        figures: { ttsAdapterFirstByteMs: Number(worst.toFixed(2)) },
        rows: [
          {
            figure: 'voice: first byte of the adapter over the bare engine',
            reach: '≤ 5 ms',
            measured: `piper ${show(piper.overMs, ' ms')}, kokoro ${show(kokoro.overMs, ' ms')}`,
            n: String(rounds),
          },
        ],
        detail: { piper, kokoro },
      };
    } finally {
      await service.close();
      await runtime.close();
    }
  } finally {
    for (const name of Object.keys(voices.environment)) {
      Reflect.deleteProperty(process.env, name);
    }
    await models.remove();
    await voices.remove();
  }
}

async function measure(
  engine: Engine,
  service: GrpcInferenceClient,
  voices: ToneVoices,
  python: string,
  rounds: number,
): Promise<EngineFigures> {
  const folder = voices.environment[`UNDERSTUDY_${engine.toUpperCase()}_VOICES`]!;
  const bare = await startBare(python, [engine, folder, VOICES[engine]]);
  const voice = await ServedTextToSpeech.open({ service, modelName: engine, session: 'bench' });
  const adapted: number[] = [];
  const alone: number[] = [];
  try {
    for (let round = -WARM_UP; round < rounds; round += 1) {
      const text = sentence(round + WARM_UP);
      // The other one first every second time.
      const pair: number[] = [];
      for (const way of round % 2 === 0 ? ['adapter', 'bare'] : ['bare', 'adapter']) {
        await new Promise<void>((resolve) => {
          systemClock.after(REST_MS, resolve);
        });
        pair[way === 'bare' ? 1 : 0] =
          way === 'bare'
            ? await bare.speak(spokenForm(text))
            : await firstByteMs(voice, engine, text);
      }
      if (round >= 0) {
        adapted.push(pair[0]!);
        alone.push(pair[1]!);
      }
    }
  } finally {
    bare.close();
    await voice.close();
  }
  return {
    adapterMs: median(adapted),
    bareMs: median(alone),
    overMs: median(adapted.map((ms, index) => ms - alone[index]!)),
    n: rounds,
  };
}

async function firstByteMs(
  voice: ServedTextToSpeech,
  engine: Engine,
  text: string,
): Promise<number> {
  const startedMs = systemClock.nowMs();
  const speech = voice.synthesize(text, VOICES[engine]);
  await speech.next();
  const tookMs = systemClock.nowMs() - startedMs;
  await speech.return(undefined);
  return tookMs;
}

/** One clause of five to eight words, as answers begin; 180 of them differ. */
function sentence(index: number): string {
  const opening = OPENINGS[index % 6]!;
  const middle = MIDDLES[Math.floor(index / 6) % 6]!;
  return `${opening} ${middle} ${ENDS[index % 5]!}.`;
}

/** What the adapter sends for it, so that both speak the same. */
function spokenForm(text: string): string {
  const clauses = splitClauses(toSpokenTokens(text, 'en-US'));
  return clauseText(clauses[0]!);
}

interface Bare {
  speak(text: string): Promise<number>;
  close(): void;
}

async function startBare(python: string, args: readonly string[]): Promise<Bare> {
  const child = spawn(python, [BARE, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) {
      throw new Error('The bare engine has ended.');
    }
    return line.value;
  };
  await next();
  return {
    speak: async (text) => {
      child.stdin.write(`${text}\n`);
      return Number(await next());
    },
    close: () => {
      child.stdin.end();
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
