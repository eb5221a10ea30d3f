/** How busy this machine's processors are. */
import { cpus } from 'node:os';

export class MachineLoad {
  #before = times();

  /** Busy share of all processors since the last time it was asked, 0..1. */
  read(): number {
    const now = times();
    const total = now.total - this.#before.total;
    const idle = now.idle - this.#before.idle;
    this.#before = now;
    return total <= 0 ? 0 : Math.min(1, Math.max(0, 1 - idle / total));
  }
}

function times(): { total: number; idle: number } {
  let total = 0;
  let idle = 0;
  for (const { times: spent } of cpus()) {
    total += spent.user + spent.nice + spent.sys + spent.idle + spent.irq;
    idle += spent.idle;
  }
  return { total, idle };
}
