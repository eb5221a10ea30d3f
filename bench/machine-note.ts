/** What a report says of the machine that it was made on. */
export interface MachineNote {
  cores: number;
  model: string;
  memoryGiB: number;
  node: string;
  /** Averages of one minute. */
  loadBefore: number;
  loadAfter: number;
  startedAt: string;
  minutes: number;
}
