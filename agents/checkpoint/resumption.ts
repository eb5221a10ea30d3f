/** How a call goes on from a checkpoint: what goes into the transcript, what the persona knows, what it says first. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import type { LoggedTurn } from '#agents/call/call-log.ts';
import { scriptedOutput } from '#agents/persona/scripted-llm.ts';
import { END_TAG, stripStageDirections } from '#agents/persona/stage-directions.ts';
import { llm } from '@livekit/agents';
import type { Checkpoint } from './checkpoint.ts';
import { cutSpeech } from './cut-speech.ts';
import { returnLine } from './return-line.ts';

export interface Resumption {
  startedAt: Date;
  turns: LoggedTurn[];
  messages: llm.ChatMessage[];
  /**
   * `opening`: nothing was said yet. `say`: `text` is what the persona owes, with the words of its return. `remark`: it
   * owes nothing; `text` is no turn of the persona's script. `reply`: after `text` the language model is to answer.
   */
  first: { kind: 'opening' } | { kind: 'say' | 'remark' | 'reply'; text: string };
}

export interface ResumptionOptions {
  checkpoint: Checkpoint;
  /** When the job was lost, in milliseconds since the epoch. */
  lostAtMs: number;
  scenario: Scenario;
  seed: number;
  /** Whether the scripted persona speaks: its lines can be had again. */
  scripted: boolean;
}

/** Pure. */
export function resumptionOf(options: ResumptionOptions): Resumption {
  const { checkpoint, lostAtMs, scenario, seed, scripted } = options;
  const startedAt = new Date(checkpoint.startedAt);
  const turns: LoggedTurn[] = [...checkpoint.turns];
  const messages = checkpoint.messages.map(
    ({ role, text, interrupted, createdAtMs }) =>
      new llm.ChatMessage({ role, content: text, interrupted, createdAt: createdAtMs }),
  );
  const back = returnLine(scenario.language);
  const script = (): string => scriptedOutput(scenario, seed, new llm.ChatContext(messages));
  const { speaking } = checkpoint;
  if (speaking !== null) {
    const planned = scripted ? script() : '';
    const whole = wholeSpeech(speaking.text, planned);
    const playedMs = Math.max(0, lostAtMs - startedAt.getTime() - speaking.startMs);
    const { heard, rest } = cutSpeech(whole, playedMs);
    if (heard !== '') {
      turns.push({
        speaker: 'avatar',
        startMs: speaking.startMs,
        endMs: speaking.startMs + playedMs,
        text: heard,
        typed: false,
        interrupted: rest !== '',
      });
    }
    const ends = planned.endsWith(`[${END_TAG}]`) ? ` [${END_TAG}]` : '';
    if (rest !== '' || ends !== '') {
      return {
        startedAt,
        turns,
        messages,
        first: { kind: 'say', text: `${back} ${rest}`.trimEnd() + ends },
      };
    }
    messages.push(
      new llm.ChatMessage({
        role: 'assistant',
        content: whole,
        createdAt: startedAt.getTime() + speaking.startMs,
      }),
    );
  }
  const last = messages.at(-1);
  if (last === undefined) {
    return { startedAt, turns, messages, first: { kind: 'opening' } };
  }
  if (last.role === 'user') {
    return {
      startedAt,
      turns,
      messages,
      first: scripted
        ? { kind: 'say', text: `${back} ${script()}` }
        : { kind: 'reply', text: back },
    };
  }
  const question = lastQuestion(last.textContent ?? '');
  return {
    startedAt,
    turns,
    messages,
    first: { kind: 'remark', text: `${back} ${question}`.trimEnd() },
  };
}

/** The planned text where `begun` is its beginning: the voice had not been given all of it yet. */
function wholeSpeech(begun: string, planned: string): string {
  const spoken = stripStageDirections(planned).trim();
  const key = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();
  return key(spoken).startsWith(key(begun)) ? key(spoken) : key(begun);
}

/** What the learner was asked last, so that it need not be remembered; empty where nothing was. */
function lastQuestion(text: string): string {
  const sentences = stripStageDirections(text).match(/[^.!?…]+[.!?…]+/gu) ?? [];
  const last = sentences.at(-1)?.trim() ?? '';
  return last.endsWith('?') ? last : '';
}
