/** The peer in one room: a plain AgentSession over the same engines, sound only. */
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { chooseRecognition } from '#agents/engines/recognition.ts';
import { connectRuntimes } from '#agents/engines/runtimes.ts';
import { loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { nextReply } from '#agents/persona/reply.ts';
import { ScriptedLLM } from '#agents/persona/scripted-llm.ts';
import { SessionVoice } from '#agents/voice/session-voice.ts';
import { readEnvironment } from '#config/environment.ts';
import type { Recognizer } from '#media/ports.ts';
import { defineAgent, inference, voice, type JobContext, type JobProcess } from '@livekit/agents';
import { peerMetadataSchema } from './metadata.ts';
import { PlainSpeechToText } from './plain-stt.ts';

interface Engines {
  speech: FliteTextToSpeech;
  recognizer: Recognizer;
}

const SEED = 1;

async function prepare(): Promise<Engines> {
  const speech = new FliteTextToSpeech();
  const environment = readEnvironment();
  const { UNDERSTUDY_RUNTIME: where } = environment;
  const runtimes = where === undefined ? undefined : await connectRuntimes(where);
  const { engine, reason } = await chooseRecognition(environment, runtimes, 'peer');
  if (engine === undefined) {
    throw new Error(reason ?? 'Nothing hears here.');
  }
  const [recognizer] = await Promise.all([engine.open({ language: 'en' }), speech.warmUp()]);
  return { speech, recognizer };
}

export default defineAgent({
  prewarm: async (process: JobProcess) => {
    const data = process.userData as { engines?: Promise<Engines> };
    data.engines = prepare();
    await data.engines;
  },
  entry: async (context: JobContext) => {
    const data = context.proc.userData as { engines?: Promise<Engines> };
    const { speech, recognizer } = await (data.engines ?? prepare());
    const { scenarioId, fixedWaitMs } = peerMetadataSchema.parse(
      JSON.parse(context.job.metadata) as unknown,
    );
    const scenarios = await loadScenarios(readEnvironment().UNDERSTUDY_SCENARIOS);
    const scenario = scenarios.find(({ id }) => id === scenarioId)!;
    await context.connect();
    const session = new voice.AgentSession({
      stt: new PlainSpeechToText(recognizer),
      // The framework's own detector: the same model that a plain session is documented with.
      vad: new inference.VAD({ model: 'silero' }),
      llm: new ScriptedLLM({ scenario, seed: SEED }),
      tts: new SessionVoice(speech, scenario.persona.voice),
      ...(fixedWaitMs === undefined
        ? {}
        : {
            turnHandling: {
              endpointing: { mode: 'fixed', minDelay: fixedWaitMs, maxDelay: fixedWaitMs },
            },
          }),
    });
    context.addShutdownCallback(async () => {
      await Promise.allSettled([recognizer.close(), speech.close()]);
    });
    await session.start({
      agent: new voice.Agent({ instructions: scenario.persona.character }),
      room: context.room,
      record: false,
    });
    session.say(nextReply(scenario, SEED, []).text);
  },
});
