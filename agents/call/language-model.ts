/** Chooses who thinks: an OpenAI-compatible server when one is named or found, else the scripted persona. */
import type { Environment } from '#config/environment.ts';
import { llm } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';

/** Where Ollama listens when it runs on this machine. */
const OLLAMA_URL = 'http://127.0.0.1:11434/v1';
/** A server on this machine answers at once; nobody waits longer for one that is not there. */
const FIND_WITHIN_MS = 1_000;

export interface FoundModel {
  baseUrl: string;
  model: string;
  apiKey: string;
}

/** Undefined means the scripted persona. Throws when LLM_BASE_URL is set and does not answer. */
export async function findLanguageModel(
  environment: Environment,
  ask: typeof fetch = fetch,
): Promise<FoundModel | undefined> {
  if (environment.UNDERSTUDY_LLM === 'scripted') {
    return undefined;
  }
  const apiKey = environment.LLM_API_KEY ?? 'none';
  const named = environment.LLM_BASE_URL?.replace(/\/+$/, '');
  if (named !== undefined && environment.LLM_MODEL !== undefined) {
    return { baseUrl: named, model: environment.LLM_MODEL, apiKey };
  }
  const baseUrl = named ?? OLLAMA_URL;
  try {
    const answer = await ask(`${baseUrl}/models`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(FIND_WITHIN_MS),
    });
    if (!answer.ok) {
      throw new Error(`status ${String(answer.status)}`);
    }
    const body = (await answer.json()) as { data?: { id?: string }[] };
    const model = environment.LLM_MODEL ?? body.data?.find(({ id }) => id !== undefined)?.id;
    return model === undefined ? undefined : { baseUrl, model, apiKey };
  } catch (error) {
    if (named === undefined) {
      return undefined;
    }
    throw new Error(
      `The language model at ${named} does not answer. Start it, or unset LLM_BASE_URL.`,
      {
        cause: error,
      },
    );
  }
}

export function connectLanguageModel(found: FoundModel): llm.LLM {
  return new openai.LLM({ baseURL: found.baseUrl, model: found.model, apiKey: found.apiKey });
}
