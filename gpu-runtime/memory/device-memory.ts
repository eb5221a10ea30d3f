/** How much memory the runtime may take: of its GPU where models run there, else of the machine. */
import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';

export interface DeviceMemory {
  /** `cuda 0`, `cpu`. */
  device: string;
  capacityBytes: number;
}

/** The rest is the system's, other processes' and what inference itself takes while it runs. */
const MACHINE_SHARE = 0.8;
/** CUDA's own context and workspaces. */
const GPU_SHARE = 0.9;
const ASK_MS = 5_000;

/** `runsOnGpu`: a model of this process runs there. */
export function readDeviceMemory(
  runsOnGpu: boolean,
  askGpu: () => string = nvidiaSmi,
): DeviceMemory {
  const gpuBytes = runsOnGpu ? gpuTotalBytes(askGpu) : undefined;
  return gpuBytes === undefined
    ? { device: 'cpu', capacityBytes: Math.floor(machineBytes() * MACHINE_SHARE) }
    : { device: 'cuda 0', capacityBytes: Math.floor(gpuBytes * GPU_SHARE) };
}

/** A container's limit where there is one. */
export function machineBytes(
  limitBytes: number | undefined = process.constrainedMemory(),
  totalBytes = totalmem(),
): number {
  return limitBytes === undefined || limitBytes <= 0
    ? totalBytes
    : Math.min(limitBytes, totalBytes);
}

/** The first device's: a process serves one, chosen with CUDA_VISIBLE_DEVICES. Undefined where nobody tells. */
function gpuTotalBytes(ask: () => string): number | undefined {
  try {
    const mebibytes = Number(/^\s*(\d+)\s*$/mu.exec(ask())?.[1]);
    return Number.isFinite(mebibytes) && mebibytes > 0 ? mebibytes * 2 ** 20 : undefined;
  } catch {
    return undefined;
  }
}

function nvidiaSmi(): string {
  const visible = process.env.CUDA_VISIBLE_DEVICES?.split(',')[0];
  return execFileSync(
    'nvidia-smi',
    [
      '--query-gpu=memory.total',
      '--format=csv,noheader,nounits',
      ...(visible === undefined || visible === '' ? [] : [`--id=${visible}`]),
    ],
    { encoding: 'utf8', timeout: ASK_MS, stdio: ['ignore', 'pipe', 'ignore'] },
  );
}
