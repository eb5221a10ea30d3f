/** Our server and real Triton in turns, each serving the same repository's no-op model to the same client. */
import { startRuntimeProcess } from '#gpu-runtime/testing/runtime-process.ts';
import { startTriton, whyNoTriton, type RunningTriton } from '#gpu-runtime/testing/triton.ts';
import { median, rounded } from '../turn/figures.ts';
import { saturatingLoad } from './load.ts';
import { selectModels } from './models.ts';
import { noOpRequest } from './no-op.ts';
import { show, type SectionResult } from './report.ts';

const CLIENTS = 16;

export interface PairOptions {
  /** Times that each server is asked. */
  rounds: number;
  secondsEach: number;
}

export async function measureTritonPair(options: PairOptions): Promise<SectionResult> {
  const models = await selectModels(['echo']);
  const whyNot = whyNoTriton();
  try {
    const runtime = await startRuntimeProcess(models.folder);
    let triton: RunningTriton | undefined;
    try {
      triton =
        whyNot === undefined
          ? await startTriton({ models: models.folder, load: ['echo'] })
          : undefined;
      const theirAddress = triton && `127.0.0.1:${String(triton.grpcPort)}`;
      const ask = (address: string, seconds: number): Promise<number> =>
        saturatingLoad({ address, clients: CLIENTS, seconds, request: noOpRequest });
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = -1; round < options.rounds; round += 1) {
        const our = await ask(runtime.grpcAddress, options.secondsEach);
        const their = theirAddress && (await ask(theirAddress, options.secondsEach));
        // The first round warms all three processes.
        if (round >= 0) {
          ours.push(our);
          theirs.push(...(typeof their === 'number' ? [their] : []));
        }
      }
      return pairResult(ours, theirs, whyNot);
    } finally {
      await runtime.close();
      await triton?.close();
    }
  } finally {
    await models.remove();
  }
}

function pairResult(
  ours: readonly number[],
  theirs: readonly number[],
  whyNot: string | undefined,
): SectionResult {
  const [our, their] = [median(ours), median(theirs)];
  const n = `${String(ours.length)} rounds each`;
  return {
    figures: {
      requestsPerSecond: rounded(our),
      tritonRequestsPerSecond: rounded(their),
    },
    rows: [
      { figure: 'requests/s, 16 clients', reach: '', measured: show(our, '', 0), n },
      { figure: '  real Triton', reach: '', measured: show(their, '', 0), n: whyNot ?? n },
      {
        figure: '  ours over Triton',
        reach: '≥ 0.8×',
        measured: our === null || their === null ? '–' : `${(our / their).toFixed(2)}×`,
        n: '',
      },
    ],
    detail: {
      ours: ours.map(Math.round),
      triton: theirs.map(Math.round),
      ...(whyNot === undefined ? {} : { whyNot }),
    },
  };
}
