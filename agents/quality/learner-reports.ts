/** What the learner's page reports of the line, taken from the room and checked. */
import { subscriberCountersSchema } from '#agents/dispatch/quality.ts';
import type { SubscriberReport } from '#media/quality/observation.ts';
import { reportBetween, type SubscriberCounters } from '#media/quality/subscriber-counters.ts';

/** More than this is no report of ours. */
const LONGEST_BYTES = 2_048;

export class LearnerReports {
  #before: SubscriberCounters | undefined;
  #news: SubscriberReport | undefined;

  /** Takes one data packet of the topic. What is no report is passed over: a page cannot harm a call. */
  receive(payload: Uint8Array): void {
    const counters = payload.length > LONGEST_BYTES ? undefined : countersIn(payload);
    if (counters === undefined) {
      return;
    }
    const before = this.#before;
    this.#before = counters;
    if (before !== undefined) {
      this.#news = reportBetween(before, counters) ?? this.#news;
    }
  }

  /** The newest report, once. */
  take(): SubscriberReport | undefined {
    const news = this.#news;
    this.#news = undefined;
    return news;
  }
}

function countersIn(payload: Uint8Array): SubscriberCounters | undefined {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(payload)) as unknown;
    return subscriberCountersSchema.safeParse(parsed).data;
  } catch {
    return undefined;
  }
}
