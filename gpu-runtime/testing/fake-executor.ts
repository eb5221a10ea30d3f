/** A model without a device: returns its inputs under the outputs' names, or what the test tells it to. */
import type { Executor } from '../execution/executor.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import type { Tensor } from '../tensor/tensor.ts';

export class FakeExecutor implements Executor {
  readonly provider = 'fake';
  readonly bytes = 0;
  readonly runs: (readonly Tensor[])[] = [];
  closed = false;
  /** Replaces the echo. */
  behave: ((inputs: readonly Tensor[]) => Promise<Tensor[]>) | undefined;
  readonly #config: ModelConfig;

  constructor(config: ModelConfig) {
    this.#config = config;
  }

  run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    this.runs.push(inputs);
    return (
      this.behave?.(inputs) ??
      Promise.resolve(
        this.#config.outputs.map(({ name }, index) => ({
          ...inputs[index % inputs.length]!,
          name,
        })),
      )
    );
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
