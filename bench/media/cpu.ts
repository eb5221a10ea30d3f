/**
 * What a stream costs its publisher, encoding included, and how many streams the machine carries. Ours runs as jobs do, one
 * process per room; a Python avatar worker does the same. The kernel counts processor time alike for both.
 */
import { availableParallelism } from 'node:os';
import { listFaces } from '#media/face/load-face.ts';
import { rounded } from '../turn/figures.ts';
import { ensureAvatarPeer } from './peer/make.ts';
import { show, type Row, type SectionResult } from './report.ts';
import { RoomServer } from './room/room-server.ts';
import { conversationScript } from './room/script.ts';
import { playShow, type ShowResult } from './room/show.ts';

const FULL_MS = 122_000;
const QUICK_MS = 32_000;
/** Long enough for 300 pictures of each watched stream. */
const CROWD_MS = 32_000;
/** Whose pictures are looked at in a crowd: looking costs as much as publishing, and a learner's machine does it. */
const WATCHED = 2;
const ON_TIME = 0.99;
const MOST_STREAMS = 24;
const SHARED = 3;

type Say = (line: string) => void;
type Play = (options: {
  face?: string;
  peer?: boolean;
  rooms?: number;
  oneProcess?: boolean;
  durationMs?: number;
}) => Promise<ShowResult>;

export async function measureCpu(quick: boolean, say: Say): Promise<SectionResult> {
  const peerPython = await ensureAvatarPeer(say);
  const [face] = await listFaces();
  const server = await RoomServer.start(say);
  const play: Play = (options) =>
    playShow({
      server,
      script: conversationScript({
        durationMs: options.durationMs ?? (quick ? QUICK_MS : FULL_MS),
        seed: 7,
      }),
      rooms: options.rooms ?? 1,
      watched: WATCHED,
      face: options.face ?? 'marker',
      peerPython: options.peer === true ? peerPython : undefined,
      oneProcess: options.oneProcess ?? false,
    });
  try {
    say('one stream each');
    const marker = await play({});
    const peer = await play({ peer: true });
    const drawn = await play({ face: face!.id });
    say('three streams in one process');
    const shared = await play({ face: face!.id, rooms: SHARED, oneProcess: true });
    const peerShared = await play({ peer: true, rooms: SHARED, oneProcess: true });
    const streams = await mostStreams(
      'ours',
      (rooms) => play({ face: face!.id, rooms, durationMs: CROWD_MS }),
      say,
    );
    const peerStreams = await mostStreams(
      'peer',
      (rooms) => play({ peer: true, rooms, durationMs: CROWD_MS }),
      say,
    );
    const row = (figure: string, of: ShowResult, reach: string): Row => ({
      figure: `cores per stream, ${figure}`,
      reach,
      measured: `${show(of.coresPerStream, 3)} (${show(of.coresPerStream / peer.coresPerStream, 2)} of the peer’s), ${show(of.pace.framesPerSecond, 1)} fps, ${show(100 * of.pace.onTime, 1)} % on time, ${show(of.residentMb[0] ?? null)} MB`,
      n: String(of.pace.pictures),
    });
    const cores = String(availableParallelism());
    return {
      figures: {
        cpuPerStream: rounded(drawn.coresPerStream, 3),
        peerCpuPerStream: rounded(peer.coresPerStream, 3),
        streams: streams.most,
        peerStreams: peerStreams.most,
      },
      rows: [
        row(`our face ${face!.id}`, drawn, '≤ 0.75 of the peer'),
        row('marker face', marker, '≤ 0.75 of the peer'),
        row('peer, marker', peer, 'to beat'),
        row(`our face, ${String(SHARED)} in one process`, shared, 'report'),
        row(`peer, ${String(SHARED)} in one process`, peerShared, 'report'),
        {
          figure: `streams on ${cores} cores, ≥ 99 % on time`,
          reach: '≥ 1.3 × the peer',
          measured: `${String(streams.most)}; peer ${String(peerStreams.most)}`,
          n: `${String(streams.tried.length)}, ${String(peerStreams.tried.length)} sizes`,
        },
      ],
      detail: {
        coresPerStream: {
          drawn: drawn.coresPerStream,
          marker: marker.coresPerStream,
          peer: peer.coresPerStream,
          shared: shared.coresPerStream,
          peerShared: peerShared.coresPerStream,
        },
        residentMb: { drawn: drawn.residentMb, marker: marker.residentMb, peer: peer.residentMb },
        streams,
        peerStreams,
      },
    };
  } finally {
    await server.stop();
  }
}

interface Streams {
  most: number;
  tried: { rooms: number; onTime: number; coresPerStream: number }[];
}

/** Two more at a time until pictures come late; then the number between. */
async function mostStreams(
  name: string,
  play: (rooms: number) => Promise<ShowResult>,
  say: Say,
): Promise<Streams> {
  const result: Streams = { most: 0, tried: [] };
  const holds = async (rooms: number): Promise<boolean> => {
    const { pace, coresPerStream } = await play(rooms);
    result.tried.push({ rooms, onTime: pace.onTime, coresPerStream });
    say(`${name}, ${String(rooms)} streams: ${show(100 * pace.onTime, 1)} % on time`);
    if (pace.onTime >= ON_TIME) {
      result.most = Math.max(result.most, rooms);
    }
    return pace.onTime >= ON_TIME;
  };
  for (let rooms = 2; rooms <= MOST_STREAMS; rooms += 2) {
    if (!(await holds(rooms))) {
      await holds(rooms - 1);
      break;
    }
  }
  return result;
}
