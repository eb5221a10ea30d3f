/** Runs batches of one model on one device. */
import type { RuntimeError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface Executor {
  /** What runs it, for health and metrics: `cpu`, `cuda`, `tensorrt`, `python`. */
  readonly provider: string;
  /** Resident bytes that loading it has cost, as measured. */
  readonly bytes: number;
  /**
   * One tensor per input of the model, rows joined; gives one per output, rows joined. Takes ownership of the data.
   * Rejects with MODEL_FAILED; the executor stays usable, restarting what died.
   */
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
  /**
   * Several requests in one run, each with its own sizes; gives each its outputs or its error, in their order. Takes
   * ownership of the data. Rejects where all failed.
   */
  runApart?(
    requests: readonly (readonly Tensor[])[],
  ): Promise<readonly (Tensor[] | RuntimeError)[]>;
  close(): Promise<void>;
}
