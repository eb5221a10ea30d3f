/** Command line of `npm run bench -- turn`. */
import { parseArgs } from 'node:util';

export interface TurnOptions {
  jsonPath: string | undefined;
  fixturesFolder: string;
  scenarioId: string;
  /** Human and synthetic utterances to play; Infinity plays all there are. */
  humanTurns: number;
  syntheticTurns: number;
  /** Of the human ones, for each setting of the peer. */
  peerTurns: number;
  connectTimes: number;
  skewMinutes: number;
  maxSessions: number;
  /** Rooms that play side by side. */
  lanes: number;
}

export const TURN_HELP = `Usage: npm run bench -- turn [OPTIONS]

Drives real rooms with real subscribers and prints the figures of a conversation: how soon the avatar reacts,
sounds and answers, how often it cuts in, how soon it stops, how well lips and sound go together, how steadily
pictures come, how soon a browser sees it, and how many rooms this machine carries. A plain AgentSession over the
same engines talks beside it. bench/README.md explains each method and its error. Nothing else should run meanwhile.

Options:
  --json FILE         write the figures as JSON
  --quick             a tenth of the turns, for checking the bench itself; the figures are rough
  --fixtures FOLDER   recordings: turns/ and speech/ [UNDERSTUDY_FIXTURES or ../shared/fixtures]
  --scenario ID       English scenario to talk in [first-interview]
  --turns N           human utterances to play [all]
  --lanes N           rooms side by side [1; more on a larger machine]
  --skew-minutes N    at least this much talk under the skew figure [5]
  --max-sessions N    largest number of simultaneous rooms to try [6]
  --help              this text
`;

export function readTurnOptions(args: readonly string[]): TurnOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      fixtures: { type: 'string' },
      scenario: { type: 'string', default: 'first-interview' },
      turns: { type: 'string' },
      lanes: { type: 'string', default: '1' },
      'skew-minutes': { type: 'string' },
      'max-sessions': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  const { quick } = values;
  return {
    jsonPath: values.json,
    fixturesFolder: values.fixtures ?? process.env.UNDERSTUDY_FIXTURES ?? '../shared/fixtures',
    scenarioId: values.scenario,
    humanTurns: count(values.turns, quick ? 6 : Number.POSITIVE_INFINITY),
    syntheticTurns: quick ? 4 : 20,
    peerTurns: quick ? 4 : 22,
    connectTimes: quick ? 2 : 10,
    skewMinutes: count(values['skew-minutes'], quick ? 0 : 5),
    maxSessions: count(values['max-sessions'], quick ? 2 : 6),
    lanes: count(values.lanes, 1),
  };
}

function count(given: string | undefined, fallback: number): number {
  if (given === undefined) {
    return fallback;
  }
  const value = Number(given);
  if (!Number.isFinite(value) || value < 0) {
    throw new RangeError(`“${given}” is no number of anything.`);
  }
  return value;
}
