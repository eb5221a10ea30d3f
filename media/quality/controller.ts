/**
 * Chooses how good the picture may be. Three limiters stand beside each other, for the machine, for this session alone
 * and for the learner's line; the lowest rung that one of them allows is taken. Pure: time is a parameter.
 */
import {
  isStrained,
  rulingOfMachine,
  rulingOfPublisher,
  rulingOfReport,
  rulingOfSession,
  type Cause,
} from './demands.ts';
import { LADDER, type Rung } from './ladder.ts';
import { Limiter } from './limiter.ts';
import type { Neighbour, Observation, SubscriberReport } from './observation.ts';
import { qualityScore } from './score.ts';

/** `none`: the picture is at its best. */
export type Reason = Cause | 'none';

export interface Decision {
  /** Index into LADDER; 0 is best. */
  rung: number;
  settings: Rung;
  /** 0..100: what the learner has of the picture, 100 at its best. */
  score: number;
  reason: Reason;
  /** What the neighbours should know. */
  neighbour: Neighbour;
}

/** Reports come every second; after so long without, the page does not speak, or nobody is there. */
const REPORTS_END_MS = 7_000;
/** Fewer pictures are felt by the processors at once; the smoothed load shows it two seconds later. */
const MACHINE_SETTLE_MS = 2_000;
/** Full queues drain, a new track is negotiated, and the report after that counts. */
const LINE_SETTLE_MS = 3_500;
/** A report looks back on the last second; what was sent then is the least of so many of ours. */
const SENT_SECONDS = 3;
/** Weight of the newest second in the smoothed load: two seconds of full load pass the threshold. */
const LOAD_WEIGHT = 0.6;
/** One bad second may be a collection of garbage; two in a row are a state. */
const STRAINED_SECONDS = 2;
/** A round trip that stays this long after the picture was cut is the route's own: another network, not a queue. */
const ROUTE_WINDOW_MS = 30_000;

export class QualityController {
  readonly #machine = new Limiter({ settleMs: MACHINE_SETTLE_MS });
  readonly #session = new Limiter({ settleMs: MACHINE_SETTLE_MS });
  readonly #network = new Limiter({ settleMs: LINE_SETTLE_MS });
  #machineCause: Cause = 'machine';
  #networkCause: Cause = 'bandwidth';
  #load: number | undefined;
  #strainedFor = 0;
  /** Of the last ROUTE_WINDOW_MS. */
  readonly #roundTrips: { ms: number; atMs: number }[] = [];
  /** What was sent in the last SENT_SECONDS, in kbit/s. */
  readonly #sent: number[] = [];
  #report: { report: SubscriberReport; atMs: number } | undefined;

  /** Takes what was seen in the last second. Call it about once a second with a time that never goes back. */
  observe(seen: Observation, nowMs: number): Decision {
    const late = isStrained(seen, this.rung);
    this.#strainedFor = late ? this.#strainedFor + 1 : 0;
    const strained = this.#strainedFor >= STRAINED_SECONDS;
    this.#followMachine(seen, strained, nowMs);
    this.#followNetwork(seen, nowMs);
    return this.#decision(seen, strained, nowMs);
  }

  get rung(): number {
    return Math.max(this.#machine.rung, this.#session.rung, this.#network.rung);
  }

  #followMachine(seen: Observation, strained: boolean, nowMs: number): void {
    const neighbours = seen.neighbours ?? [];
    const rungs = neighbours.map(({ machineRung }) => machineRung);
    const newest = Math.max(seen.machineLoad ?? 0, seen.runtimeLoad ?? 0);
    if (this.#load === undefined) {
      this.#machine.startAt(Math.max(0, ...rungs));
    }
    this.#load = newest * LOAD_WEIGHT + (this.#load ?? newest) * (1 - LOAD_WEIGHT);
    const othersStrained = neighbours.some((other) => other.strained);
    const machine = rulingOfMachine(this.#load, strained || othersStrained);
    // All stay within a rung of each other: nobody falls ahead of the best, nobody climbs ahead of the worst.
    this.#machine.follow(machine.demand, nowMs, {
      mayFall: this.#machine.rung <= Math.min(Infinity, ...rungs),
      mayClimb: this.#machine.rung >= Math.max(0, ...rungs),
    });
    this.#machineCause = (seen.runtimeLoad ?? 0) > (seen.machineLoad ?? 0) ? 'drawing' : 'machine';
    const session = rulingOfSession(this.#load, strained, othersStrained);
    this.#session.follow(session.demand, nowMs);
  }

  #followNetwork(seen: Observation, nowMs: number): void {
    const { subscriber, encoder } = seen;
    if (encoder !== undefined) {
      this.#sent.push(encoder.sentKbps);
      this.#sent.splice(0, this.#sent.length - SENT_SECONDS);
    }
    const sentKbps = this.#sent.length === 0 ? undefined : Math.min(...this.#sent);
    if (subscriber !== undefined) {
      this.#report = { report: subscriber, atMs: nowMs };
    }
    const reportsCome = this.#report !== undefined && nowMs - this.#report.atMs < REPORTS_END_MS;
    const publisher = rulingOfPublisher(seen, reportsCome);
    const ruling =
      publisher.demand.kind === 'worse' || subscriber === undefined
        ? publisher
        : rulingOfReport(subscriber, this.#leastRoundTripMs(subscriber, nowMs), sentKbps);
    // Between two reports nothing is known of the learner's line: what was fine stays so.
    if (ruling === publisher && reportsCome && publisher.demand.kind === 'fine') {
      return;
    }
    if (ruling.demand.kind === 'worse') {
      this.#networkCause = ruling.cause;
    }
    this.#network.follow(ruling.demand, nowMs);
  }

  #leastRoundTripMs({ roundTripMs }: SubscriberReport, nowMs: number): number {
    if (roundTripMs !== undefined) {
      this.#roundTrips.push({ ms: roundTripMs, atMs: nowMs });
    }
    while (nowMs - (this.#roundTrips[0]?.atMs ?? nowMs) > ROUTE_WINDOW_MS) {
      this.#roundTrips.shift();
    }
    return Math.min(...this.#roundTrips.map(({ ms }) => ms));
  }

  #decision(seen: Observation, strained: boolean, nowMs: number): Decision {
    const { rung } = this;
    const freshReport =
      this.#report !== undefined && nowMs - this.#report.atMs < REPORTS_END_MS
        ? this.#report.report
        : undefined;
    return {
      rung,
      settings: LADDER[rung]!,
      score: qualityScore(rung, seen.droppedShare ?? 0, freshReport),
      reason: this.#reason(rung),
      neighbour: { machineRung: this.#machine.rung, strained },
    };
  }

  /** The limiter that holds the rung; the learner's line first, which is what the page can tell about. */
  #reason(rung: number): Reason {
    if (rung === 0) {
      return 'none';
    }
    if (this.#network.rung === rung) {
      return this.#networkCause;
    }
    return this.#machine.rung === rung ? this.#machineCause : 'drawing';
  }
}
