/**
 * The scripted persona as a language model of @livekit/agents, so that the same session drives either.
 *
 * Convention. The chat context is the whole state: user messages are learner turns, assistant messages are what was
 * heard of the persona. `session.generateReply()` on an empty context opens the talk. When the learner says nothing,
 * call `session.generateReply({ instructions: SILENCE_NUDGE })`: the persona nudges, and closes at the last. The
 * output opens with a stage direction for the face and ends with `[end]` when the persona has closed the call.
 */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { DEFAULT_API_CONNECT_OPTIONS, llm, type APIConnectOptions } from '@livekit/agents';
import type { ConversationTurn } from './conversation.ts';
import { nextReply } from './reply.ts';
import { understand } from './understanding.ts';
import { END_TAG, stripStageDirections } from './stage-directions.ts';

/** Instructions for a reply into silence; a real language model reads them, the scripted persona needs no words. */
export const SILENCE_NUDGE =
  'The learner has said nothing for a while. Nudge them gently in one short sentence, in your role. If you have nudged them twice already, say goodbye and end with [end].';

/** Words per streamed chunk: the first clause reaches the voice without waiting for the rest. */
const CHUNK_WORDS = 4;

/** The talk so far, as the scripted persona reads it. */
export function historyOf(chatCtx: llm.ChatContext): ConversationTurn[] {
  const history: ConversationTurn[] = [];
  let startMs: number | undefined;
  let lastAvatarMs: number | undefined;
  for (const item of chatCtx.items) {
    if (item.type !== 'message') continue;
    const text = (item.textContent ?? '').trim();
    if (item.role === 'assistant') {
      if (text === '') continue;
      startMs ??= item.createdAt;
      lastAvatarMs = item.createdAt;
      history.push({
        speaker: 'avatar',
        text: stripStageDirections(text),
        ...(item.interrupted ? { interrupted: true } : {}),
      });
    } else if (item.role === 'user') {
      // The avatar's message before it tells the time: a turn prepared ahead is stamped anew when it is committed.
      const atMs =
        startMs === undefined || lastAvatarMs === undefined ? undefined : lastAvatarMs - startMs;
      history.push({ speaker: 'learner', text, ...(atMs === undefined ? {} : { atMs }) });
    }
  }
  return history;
}

/** What the model streams for `chatCtx`: the face, the words, and `[end]` after a goodbye. Pure. */
export function scriptedOutput(scenario: Scenario, seed: number, chatCtx: llm.ChatContext): string {
  const reply = nextReply(scenario, seed, historyOf(chatCtx));
  const face = reply.text.startsWith('[') ? '' : `[${reply.expression}] `;
  return `${face}${reply.text}${reply.endsCall ? ` [${END_TAG}]` : ''}`;
}

export class ScriptedLLM extends llm.LLM {
  readonly #scenario: Scenario;
  readonly #seed: number;

  constructor(options: { scenario: Scenario; seed: number }) {
    super();
    this.#scenario = options.scenario;
    this.#seed = options.seed;
  }

  label(): string {
    return 'understudy.ScriptedLLM';
  }

  override get model(): string {
    return 'scripted';
  }

  override get provider(): string {
    return 'understudy';
  }

  /** Reads the lexicon and compiles the scenario's phrases before the first turn waits for them. */
  protected override _prewarmImpl(): Promise<void> {
    understand(this.#scenario, 'hello');
    return Promise.resolve();
  }

  chat(options: {
    chatCtx: llm.ChatContext;
    toolCtx?: llm.ToolContextLike;
    connOptions?: APIConnectOptions;
  }): llm.LLMStream {
    return new ScriptedStream(this, options, (chatCtx) =>
      scriptedOutput(this.#scenario, this.#seed, chatCtx),
    );
  }
}

class ScriptedStream extends llm.LLMStream {
  readonly #outputFor: (chatCtx: llm.ChatContext) => string;

  constructor(
    owner: ScriptedLLM,
    options: {
      chatCtx: llm.ChatContext;
      toolCtx?: llm.ToolContextLike;
      connOptions?: APIConnectOptions;
    },
    outputFor: (chatCtx: llm.ChatContext) => string,
  ) {
    super(owner, {
      chatCtx: options.chatCtx,
      connOptions: options.connOptions ?? DEFAULT_API_CONNECT_OPTIONS,
    });
    this.#outputFor = outputFor;
  }

  protected override run(): Promise<void> {
    const words = this.#outputFor(this.chatCtx).match(/\S+\s*/g) ?? [];
    const id = `scripted-${String(this.chatCtx.items.length)}`;
    for (let at = 0; at < words.length; at += CHUNK_WORDS) {
      if (this.abortController.signal.aborted || this.queue.closed) break;
      const content = words.slice(at, at + CHUNK_WORDS).join('');
      this.queue.put({ id, delta: { role: 'assistant', content } });
    }
    return Promise.resolve();
  }
}
