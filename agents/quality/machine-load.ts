/** How busy this machine's processors are. Every job of the machine reads the same figure. */
import { cpus } from 'node:os';

/** Ticks of all cores since the machine started. */
export interface ProcessorTicks {
  total: number;
  idle: number;
}

export class MachineLoad {
  readonly #ticks: () => ProcessorTicks;
  #before: ProcessorTicks;

  constructor(ticks: () => ProcessorTicks = processorTicks) {
    this.#ticks = ticks;
    this.#before = ticks();
  }

  /** Busy share of all cores since it was asked before, 0..1. */
  read(): number {
    const now = this.#ticks();
    const total = now.total - this.#before.total;
    const idle = now.idle - this.#before.idle;
    this.#before = now;
    return total <= 0 ? 0 : Math.min(1, Math.max(0, 1 - idle / total));
  }
}

function processorTicks(): ProcessorTicks {
  const ticks: ProcessorTicks = { total: 0, idle: 0 };
  for (const { times } of cpus()) {
    ticks.total += times.user + times.nice + times.sys + times.irq + times.idle;
    // Work of low priority gives way to a call.
    ticks.idle += times.idle + times.nice;
  }
  return ticks;
}
