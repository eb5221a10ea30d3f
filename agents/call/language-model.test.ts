import { readEnvironment } from '#config/environment.ts';
import { initializeLogger, llm } from '@livekit/agents';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectLanguageModel, findLanguageModel } from './language-model.ts';

let server: Server | undefined;
const requests: { url: string; authorization: string | undefined; body: string }[] = [];

/** A server that speaks the OpenAI chat protocol: one model, one streamed answer. */
async function openAiServer(words: string[]): Promise<string> {
  server = createServer((request, response) => {
    void readBody(request).then((body) => {
      requests.push({ url: request.url ?? '', authorization: request.headers.authorization, body });
      if (request.url === '/v1/models') {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ object: 'list', data: [{ id: 'small-talker' }] }));
        return;
      }
      response.setHeader('content-type', 'text/event-stream');
      for (const content of words) {
        const chunk = {
          id: '1',
          object: 'chat.completion.chunk',
          created: 0,
          model: 'small-talker',
          choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
        };
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      }
      response.end('data: [DONE]\n\n');
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
  }
  return body;
}

beforeAll(() => {
  initializeLogger({ pretty: false, level: 'silent' });
});

afterEach(() => {
  server?.close();
  server = undefined;
  requests.length = 0;
});

describe('finding a language model', () => {
  it('takes the named server and its first model', async () => {
    const url = await openAiServer([]);
    const found = await findLanguageModel(
      readEnvironment({ LLM_BASE_URL: `${url}/`, LLM_API_KEY: 'k' }),
    );
    expect(found).toEqual({ baseUrl: url, model: 'small-talker', apiKey: 'k' });
    expect(requests[0]?.authorization).toBe('Bearer k');
  });

  it('says which server does not answer', async () => {
    const environment = readEnvironment({ LLM_BASE_URL: 'http://127.0.0.1:9/v1' });
    await expect(findLanguageModel(environment)).rejects.toThrow(
      /127\.0\.0\.1:9.*unset LLM_BASE_URL/,
    );
  });

  it('keeps to the script when no Ollama runs, or when told to', async () => {
    const refuse = (() => Promise.reject(new Error('refused'))) as typeof fetch;
    expect(await findLanguageModel(readEnvironment({}), refuse)).toBeUndefined();
    const url = await openAiServer([]);
    const environment = readEnvironment({ LLM_BASE_URL: url, UNDERSTUDY_LLM: 'scripted' });
    expect(await findLanguageModel(environment)).toBeUndefined();
    expect(requests).toHaveLength(0);
  });

  it('speaks through it', async () => {
    const baseUrl = await openAiServer(['[warm] ', 'Two weeks', ', okay.']);
    const model = connectLanguageModel({ baseUrl, model: 'small-talker', apiKey: 'k' });
    const chatCtx = new llm.ChatContext();
    chatCtx.addMessage({ role: 'user', content: 'it slipped' });
    let text = '';
    for await (const chunk of model.chat({ chatCtx })) {
      text += chunk.delta?.content ?? '';
    }
    expect(text).toBe('[warm] Two weeks, okay.');
    expect(requests.at(-1)?.url).toBe('/v1/chat/completions');
    expect(requests.at(-1)?.body).toContain('it slipped');
  });
});
