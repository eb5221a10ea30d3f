/** Which of onnxruntime's providers this machine has: asked for only where its library and a device are there. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { RuntimeError } from '../errors.ts';

export type Provider = 'cpu' | 'cuda' | 'tensorrt';

export interface Machine {
  /** An NVIDIA device is visible. */
  device: boolean;
  /** Names of the provider libraries beside onnxruntime's own. */
  libraries: readonly string[];
}

const DEVICE_FILES = ['/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg'];

export function lookAtMachine(): Machine {
  return {
    device: DEVICE_FILES.some((file) => existsSync(file)),
    libraries: onnxruntimeFiles().filter((name) => name.includes('onnxruntime_providers_')),
  };
}

/**
 * Providers to try, best first; the last is the CPU unless the model asks for a device. `wish` is the model's parameter
 * `execution_provider`: `auto`, `cpu`, `cuda` or `tensorrt`. TensorRT builds its engine for minutes at the first load,
 * so it is used only where asked for. Throws MODEL_INVALID where a wish cannot be met.
 */
export function chooseProviders(wish = 'auto', machine: Machine = lookAtMachine()): Provider[] {
  const has = (provider: Provider): boolean =>
    machine.device && machine.libraries.some((name) => name.includes(`providers_${provider}`));
  switch (wish) {
    case 'auto':
      return has('cuda') ? ['cuda', 'cpu'] : ['cpu'];
    case 'cpu':
      return ['cpu'];
    case 'cuda':
    case 'tensorrt':
      if (has(wish)) {
        return [wish];
      }
      throw new RuntimeError('MODEL_INVALID', {
        detail: `It asks for ${wish}, and there is no ${machine.device ? 'library for it beside onnxruntime' : 'device'}.`,
      });
    default:
      throw new RuntimeError('MODEL_INVALID', {
        detail: `“execution_provider” is “${wish}”; there are auto, cpu, cuda and tensorrt.`,
      });
  }
}

/** What an operator with a device should know where ONNX models will not use it. */
export function whyNotDevice(machine: Machine = lookAtMachine()): string | undefined {
  return machine.device && chooseProviders('auto', machine)[0] === 'cpu'
    ? 'There is an NVIDIA device, and onnxruntime has no CUDA library here: ONNX models run on the CPU.'
    : undefined;
}

function onnxruntimeFiles(): string[] {
  try {
    const main = createRequire(import.meta.url).resolve('onnxruntime-node');
    const folder = join(dirname(main), '..', 'bin');
    return readdirSync(folder, { recursive: true })
      .map(String)
      .filter((path) => path.includes(join(process.platform, process.arch)));
  } catch {
    return [];
  }
}
