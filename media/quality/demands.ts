/** Reads evidence: what one second's figures ask of the picture, and why. Each function looks at one cause. */
import { LADDER, rungWithin } from './ladder.ts';
import type { Demand } from './limiter.ts';
import type { Observation, SubscriberReport } from './observation.ts';

export type Cause = 'machine' | 'drawing' | 'bandwidth' | 'delay' | 'loss' | 'freezes';

export interface Ruling {
  demand: Demand;
  cause: Cause;
}

/** Cores this busy leave no room for the next burst: where pictures are late too, the machine is the reason. */
export const LOADED = 0.85;
/** Below this and with every session on time there is room for better pictures. */
export const ROOMY = 0.8;
/** A machine that is busy with work that gives way to ours may be tried too, with this much more patience. */
const CROWDED_PATIENCE = 4;

/** One picture in twelve is seen as stutter. */
const DROPPED_SHARE = 0.08;
/** The SDK holds 40 ms of sound: an event loop later than that is heard. */
const LOOP_LAG_MS = 40;
/** Drawing shares its thread with sound, turn-taking and the network. */
const DRAWING_SHARE = 0.6;

/** Whether this session does not keep up, whatever the reason. */
export function isStrained(seen: Observation, rung: number): boolean {
  const pictureMs = 1_000 / LADDER[rung]!.framesPerSecond;
  return (
    (seen.droppedShare ?? 0) > DROPPED_SHARE ||
    (seen.loopLagMs ?? 0) > LOOP_LAG_MS ||
    (seen.renderMs ?? 0) > DRAWING_SHARE * pictureMs ||
    seen.encoder?.limitation === 'cpu'
  );
}

/** The machine's load, which all its sessions see alike. `load` is smoothed. A full machine on which nobody is late is well used. */
export function rulingOfMachine(load: number, anyStrained: boolean): Ruling {
  const cause = 'machine';
  if (anyStrained) {
    return { demand: { kind: load >= LOADED ? 'worse' : 'unclear' }, cause };
  }
  return { demand: { kind: 'fine', patience: load < ROOMY ? 1 : CROWDED_PATIENCE }, cause };
}

/** This session alone: late on a machine that has room, as with a face that is slow to draw. */
export function rulingOfSession(load: number, strained: boolean, othersStrained: boolean): Ruling {
  const alone = strained && load < LOADED && !othersStrained;
  return { demand: { kind: alone ? 'worse' : strained ? 'unclear' : 'fine' }, cause: 'drawing' };
}

/** Scattered loss is repaired by sending again; more than this is a line that overflows. */
const OVERFLOW_LOSS = 0.12;
/** Picture standing still for 300 ms of a second. */
const FREEZE_SHARE = 0.3;
/** Sound made up beyond what one hears past. 5 % of loss alone stays well below: it is sent twice. */
const CONCEALED_SHARE = 0.08;
/** A full queue on the way, over what the line took at its best lately. */
const QUEUE_MS = 150;
/** Less than this of what was sent is a line that stands: it says nothing of what it carries when it goes again. */
const SILENT_SHARE = 0.1;
/** Less arriving than this of what was sent: the rest is queued or lost. */
const DELIVERED_SHARE = 0.8;
/** Sound, its redundancy and repairs take this much of any line before the picture gets some, in kbit/s. */
const BESIDES_PICTURE_KBPS = 60;
/** Of what arrived on a full line: the rest lets its queue drain. */
const SAFE_SHARE = 0.85;

/** What the learner's side reports. `leastRoundTripMs` is the line's own, without queues. */
export function rulingOfReport(
  report: SubscriberReport,
  leastRoundTripMs: number,
  sentKbps: number | undefined,
): Ruling {
  const delivered = sentKbps === undefined || sentKbps < 50 ? 1 : report.receivedKbps / sentKbps;
  const queueMs = report.roundTripMs === undefined ? 0 : report.roundTripMs - leastRoundTripMs;
  if (delivered < SILENT_SHARE) {
    return { demand: { kind: 'unclear' }, cause: 'bandwidth' };
  }
  if (report.lossShare > OVERFLOW_LOSS || delivered < DELIVERED_SHARE) {
    // What came through is what the line carries.
    const atLeast = rungWithin(SAFE_SHARE * report.receivedKbps - BESIDES_PICTURE_KBPS);
    return { demand: { kind: 'worse', atLeast }, cause: 'bandwidth' };
  }
  if (queueMs > QUEUE_MS) {
    return { demand: { kind: 'worse' }, cause: 'delay' };
  }
  if (report.concealedShare > CONCEALED_SHARE) {
    return { demand: { kind: 'worse' }, cause: 'loss' };
  }
  // A picture that stands still is counted as frozen only when it moves again.
  const stands = report.framesPerSecond !== undefined && report.framesPerSecond < 1;
  if (report.freezeShare > FREEZE_SHARE || stands) {
    return { demand: { kind: 'worse' }, cause: 'freezes' };
  }
  const doubtful =
    queueMs > QUEUE_MS / 2 || delivered < DELIVERED_SHARE + 0.08 || report.freezeShare > 0.1;
  return { demand: { kind: doubtful ? 'unclear' : 'fine' }, cause: 'bandwidth' };
}

/** The publisher's own transport, and the server's word where no report comes. */
export function rulingOfPublisher(seen: Observation, reportsCome: boolean): Ruling {
  const { encoder, connection } = seen;
  const available = encoder?.availableKbps;
  if (encoder?.limitation === 'bandwidth' && available !== undefined) {
    return {
      demand: { kind: 'worse', atLeast: rungWithin(available - BESIDES_PICTURE_KBPS) },
      cause: 'bandwidth',
    };
  }
  if (!reportsCome && connection === 'poor') {
    return { demand: { kind: 'worse' }, cause: 'loss' };
  }
  return { demand: { kind: connection === 'lost' ? 'unclear' : 'fine' }, cause: 'bandwidth' };
}
