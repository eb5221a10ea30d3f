/** `npm run bench -- turn`: runs every measurement one after the other and puts the figures together. */
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { loadFace, listFaces } from '#media/face/load-face.ts';
import { measureRenderMs } from '#media/face/measure.ts';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { connectTimes } from './connect-time.ts';
import { median, percentile, rounded, spread } from './figures.ts';
import type { TurnOptions } from './options.ts';
import { framesPerSecondOf, onTimeShareOf } from './picture-pace.ts';
import { mostSessions } from './sessions.ts';
import { StageSet } from './stage-set.ts';
import { talk, type TalkRoom } from './talk.ts';
import { summary, talkResults, type TalkResults, type TurnSummary } from './talk-results.ts';
import type { MachineNote } from '../machine-note.ts';
import type { SkewFigure, TurnFigures } from './turn-report.ts';
import {
  humanUtterances,
  syntheticUtterances,
  type PauseKind,
  type Utterance,
} from './utterance.ts';

const SHORT_TURN_MS = 9_000;
const RENDERED_FRAMES = 500;

type Say = (line: string) => void;

export async function turnBench(options: TurnOptions, say: Say): Promise<TurnFigures> {
  const startedAt = new Date();
  const loadBefore = rounded(loadavg()[0]!, 2)!;
  say('drawing faces');
  const render = await renderFigures();
  const engine = new FliteTextToSpeech();
  const stageSet = await StageSet.raise({
    scenarioId: options.scenarioId,
    maxSessions: Math.max(options.maxSessions, 2 * options.lanes),
    say,
  });
  try {
    const human = await pickHuman(options, stageSet, say);
    const synthetic = (await syntheticUtterances(engine)).slice(0, options.syntheticTurns);
    const lab = new Lab(stageSet, engine, options.lanes, say);

    say(`human voices: ${String(human.length)} turns`);
    const ours = await lab.play({
      name: 'ours',
      open: () => stageSet.openAvatarRoom(),
      utterances: human,
      speakOver: true,
    });
    const first = summary(ours);
    const fixedWaitMs = waitForRate(human, first.midPhraseCutIns.rate ?? 0);
    const forPeers = human.slice(0, options.peerTurns);
    say(`the peer with its defaults: ${String(forPeers.length)} turns`);
    const peerDefault = await lab.play({
      name: 'peer',
      open: () => openPeer(stageSet),
      utterances: forPeers,
      speakOver: false,
    });
    say(`the peer waiting ${String(fixedWaitMs)} ms`);
    const peerMatched = await lab.play({
      name: 'peer',
      open: () => openPeer(stageSet, fixedWaitMs),
      utterances: forPeers,
      speakOver: false,
    });
    await stageSet.dismissPeer();
    say(`synthetic voices: ${String(synthetic.length)} turns`);
    const synthesised = await lab.play({
      name: 'ours',
      open: () => stageSet.openAvatarRoom(),
      utterances: synthetic,
      speakOver: true,
    });
    const talks = [ours, synthesised];
    const talkedMinutes = (): number =>
      talks.reduce((sum, { talkedMs }) => sum + talkedMs, 0) / 60_000;
    while (talkedMinutes() < options.skewMinutes) {
      say(`more talk for the skew figure: ${talkedMinutes().toFixed(1)} minutes so far`);
      const more = await lab.play({
        name: 'ours',
        open: () => stageSet.openAvatarRoom(),
        utterances: synthetic,
        speakOver: false,
      });
      if (more.talkedMs === 0) {
        break;
      }
      talks.push(more);
    }
    const failures: string[] = [];
    // What has been measured by now is worth more than a clean stop.
    const attempt = async <T>(what: string, run: () => Promise<T>): Promise<T | undefined> => {
      say(what);
      try {
        return await run();
      } catch (error) {
        failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        say(`failed: ${failures.at(-1)!}`);
        return undefined;
      }
    };
    const connects = await attempt('connecting a browser', () =>
      connectTimes({
        pageUrl: stageSet.system.pageUrl,
        scenarioId: options.scenarioId,
        times: options.connectTimes,
        say,
      }),
    );
    const sessions =
      options.maxSessions === 0
        ? undefined
        : await attempt('more and more rooms', () =>
            mostSessions({
              stageSet,
              engine,
              utterances: human,
              maxRooms: options.maxSessions,
              say,
            }),
          );
    return figuresOf({
      ours,
      synthesised,
      peerDefault: summary(peerDefault),
      peerMatched: { ...summary(peerMatched), fixedWaitMs },
      talks,
      connects: connects ?? [],
      sessions: sessions ?? null,
      failures,
      render,
      machine: machineNote(startedAt, loadBefore),
    });
  } finally {
    await stageSet.strike();
    await engine.close();
  }
}

async function pickHuman(options: TurnOptions, stageSet: StageSet, say: Say): Promise<Utterance[]> {
  say('reading recordings');
  const all = await humanUtterances({
    fixturesFolder: options.fixturesFolder,
    pythonPath: stageSet.pythonPath,
    wordsCachePath: join(stageSet.dataFolder, 'turns', 'words.json'),
    onProgress: (done, of) => {
      if (done % 10 === 0) {
        say(`finding words in recordings: ${String(done)} of ${String(of)}`);
      }
    },
  });
  if (all.length === 0) {
    throw new Error(
      `There are no recordings in ${options.fixturesFolder}. Name their folder with --fixtures.`,
    );
  }
  // Speakers in turn, so that a shorter run hears all of them.
  const shuffled = all
    .map((utterance, index) => ({ utterance, key: (index * 0.618_033_988_75) % 1 }))
    .sort((a, b) => a.key - b.key)
    .map(({ utterance }) => utterance);
  // A short run takes short turns.
  const enough = shuffled.filter(({ endMs }) => endMs < SHORT_TURN_MS);
  return options.humanTurns < enough.length ? enough.slice(0, options.humanTurns) : shuffled;
}

function openPeer(stageSet: StageSet, fixedWaitMs?: number): Promise<TalkRoom> {
  return stageSet.openPeerRoom({
    scenarioId: stageSet.scenario.id,
    ...(fixedWaitMs === undefined ? {} : { fixedWaitMs }),
  });
}

/**
 * The fixed wait with which that share of the mid-phrase pauses is cut into: the detector notices an end about as late as
 * the speech that follows (in rooms, 668 ms cut into 31 % of pauses of which 26 % were longer).
 */
function waitForRate(utterances: readonly Utterance[], rate: number): number {
  const kind: PauseKind = 'mid-phrase';
  const lengths = utterances.flatMap(({ pauses }) =>
    pauses.filter((pause) => pause.kind === kind).map(({ fromMs, toMs }) => toMs - fromMs),
  );
  return Math.round(percentile(lengths, 1 - rate) ?? 800);
}

interface Part {
  name: string;
  open: () => Promise<TalkRoom>;
  utterances: readonly Utterance[];
  speakOver: boolean;
}

/** Plays one talk at a time, then analyses it while nothing is measured. */
class Lab {
  readonly #stageSet: StageSet;
  readonly #engine: FliteTextToSpeech;
  readonly #lanes: number;
  readonly #say: Say;

  constructor(stageSet: StageSet, engine: FliteTextToSpeech, lanes: number, say: Say) {
    this.#stageSet = stageSet;
    this.#engine = engine;
    this.#lanes = Math.max(1, lanes);
    this.#say = say;
  }

  async play({ name, open, utterances, speakOver }: Part): Promise<TalkResults> {
    let done = 0;
    const lanes = Array.from({ length: this.#lanes }, (_, lane) =>
      utterances.filter((_utterance, index) => index % this.#lanes === lane),
    );
    const records = await Promise.all(
      lanes.map((own) =>
        talk({
          openRoom: open,
          utterances: own,
          speakOver,
          onUtterance: () => {
            done += 1;
            this.#say(
              `${name} (${this.#stageSet.scenario.id}): ${String(done)} of ${String(utterances.length)}`,
            );
          },
          onTrouble: (error) => {
            this.#say(`a room of ${name} failed: ${String(error)}`);
          },
        }),
      ),
    );
    return talkResults(records.flat(), this.#engine, name === 'ours');
  }
}

interface Measured {
  ours: TalkResults;
  synthesised: TalkResults;
  peerDefault: TurnSummary;
  peerMatched: TurnSummary & { fixedWaitMs: number };
  talks: readonly TalkResults[];
  connects: readonly number[];
  sessions: Awaited<ReturnType<typeof mostSessions>> | null;
  failures: string[];
  render: TurnFigures['detail']['render'];
  machine: MachineNote;
}

function figuresOf(measured: Measured): TurnFigures {
  const human = summary(measured.ours);
  const synthetic = summary(measured.synthesised);
  const { peerDefault, peerMatched, connects, sessions, render, machine } = measured;
  const stops = measured.talks.flatMap(({ turns }) =>
    turns.flatMap(({ stopMs }) => (stopMs === undefined ? [] : [stopMs])),
  );
  const { pace } = measured.ours;
  return {
    reactionMs: human.reactionMs,
    firstSoundMs: human.firstSoundMs,
    firstWordMs: human.firstWordMs,
    peerFirstSoundMs: peerMatched.firstSoundMs.p50,
    peerDefaultMs: peerDefault.firstWordMs.p50,
    cutInRate: human.midPhraseCutIns.rate,
    peerDefaultCutInRate: peerDefault.midPhraseCutIns.rate,
    bargeInStopMs: rounded(median(stops)),
    avSkewMs: skewFigure(measured.talks),
    videoFps: rounded(framesPerSecondOf(pace), 2),
    framesOnTime: rounded(onTimeShareOf(pace), 4),
    connectMs: rounded(median(connects)),
    renderMsPerFrame: rounded(Math.max(...render.map(({ p50Ms }) => p50Ms)), 3),
    sessions: sessions?.sessions ?? null,
    detail: {
      human: { ...human, bargeInStopMs: spread(stops) },
      synthetic,
      peerDefault,
      peerMatched,
      connectMs: spread(connects),
      turns: { human: measured.ours.turns, synthetic: measured.synthesised.turns },
      answers: {
        heard: measured.talks.reduce((sum, { answers }) => sum + answers, 0),
        located: measured.talks.reduce((sum, { located }) => sum + located, 0),
      },
      pictures: { spokenS: Math.round(pace.spokenMs / 1_000), intervals: pace.intervals },
      render,
      sessions,
      failures: measured.failures,
      machine,
    },
  };
}

function skewFigure(talks: readonly TalkResults[]): SkewFigure {
  const skews = talks.flatMap(({ skewsMs }) => skewsMs);
  return {
    p50: rounded(median(skews)),
    p95: rounded(percentile(skews.map(Math.abs), 0.95)),
    n: skews.length,
    signedP5: rounded(percentile(skews, 0.05)),
    signedP95: rounded(percentile(skews, 0.95)),
    closuresHeard: talks.reduce((sum, { closures }) => sum + closures, 0),
    minutes: rounded(talks.reduce((sum, { talkedMs }) => sum + talkedMs, 0) / 60_000, 1)!,
  };
}

async function renderFigures(): Promise<TurnFigures['detail']['render']> {
  const times: TurnFigures['detail']['render'] = [];
  for (const { id } of await listFaces()) {
    const face = await loadFace(id);
    times.push({ face: id, ...measureRenderMs(face, RENDERED_FRAMES) });
    face.close();
  }
  return times;
}

function machineNote(startedAt: Date, loadBefore: number): MachineNote {
  const processors = cpus();
  return {
    cores: processors.length,
    model: processors[0]?.model ?? 'unknown',
    memoryGiB: rounded(totalmem() / 2 ** 30, 1)!,
    node: process.versions.node,
    loadBefore,
    loadAfter: rounded(loadavg()[0]!, 2)!,
    startedAt: startedAt.toISOString(),
    minutes: rounded((Date.now() - startedAt.getTime()) / 60_000, 1)!,
  };
}
