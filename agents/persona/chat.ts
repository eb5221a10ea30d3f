/**
 * Talk with a scripted persona in the terminal: `npx tsx agents/persona/chat.ts deadline-slipped [seed]`.
 * An empty line stands for silence; `/why` shows what was understood of the last turn; `/cut` interrupts the persona.
 * Lines may also be piped in, one turn each.
 */
import { createInterface } from 'node:readline';
import { loadScenario } from '#agents/dispatch/scenario-store.ts';
import type { ConversationTurn } from './conversation.ts';
import { nextReply, progressOf } from './reply.ts';
import { stripStageDirections } from './stage-directions.ts';
import { understand } from './understanding.ts';

const scenario = loadScenario(process.argv[2] ?? 'deadline-slipped');
const seed = Number(process.argv[3] ?? 1);
const history: ConversationTurn[] = [];
let lastWords = '';

/** Lets the persona speak; true when it ended the call. */
function speak(): boolean {
  const reply = nextReply(scenario, seed, history);
  history.push({ speaker: 'avatar', text: stripStageDirections(reply.text) });
  const { mood } = progressOf(scenario, seed, history);
  const note = `${reply.stageId} · ${mood.toFixed(1)} · ${reply.aimsDone.join(',') || 'no aims'}`;
  process.stdout.write(`${scenario.persona.name}: ${reply.text}   (${note})\n`);
  return reply.endsCall;
}

const input = createInterface({ input: process.stdin, terminal: false });
speak();
for await (const line of input) {
  if (line === '/why') {
    const heard = understand(scenario, lastWords);
    process.stdout.write(`${JSON.stringify({ cues: [...heard.hits.keys()], ...heard.slots })}\n`);
    continue;
  }
  if (line === '/cut') {
    const last = history.at(-1);
    if (last) {
      last.text = last.text.split(' ').slice(0, 4).join(' ');
      last.interrupted = true;
    }
    continue;
  }
  lastWords = line;
  if (!process.stdin.isTTY) process.stdout.write(`      You: ${line || '(silence)'}\n`);
  history.push(
    line.trim() === ''
      ? { speaker: 'learner', text: '', event: 'silence' }
      : { speaker: 'learner', text: line },
  );
  if (speak()) break;
}
input.close();
