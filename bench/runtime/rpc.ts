/** The protocol and the scheduler alone: a model that gives back what it gets, asked as 72 rooms would ask for pictures. */
import { startRuntimeProcess } from '#gpu-runtime/testing/runtime-process.ts';
import { median, percentile, rounded } from '../turn/figures.ts';
import { pacedLoad } from './load.ts';
import { selectModels } from './models.ts';
import { noOpRequest } from './no-op.ts';
import { show, type SectionResult } from './report.ts';

const SESSIONS = 72;
const PER_SECOND = 25;

export async function measureRpc(seconds: number): Promise<SectionResult> {
  const models = await selectModels(['echo']);
  try {
    const runtime = await startRuntimeProcess(models.folder);
    try {
      const { fromDueMs, fromSentMs, lost, sent } = await pacedLoad({
        address: runtime.grpcAddress,
        sessions: SESSIONS,
        perSecond: PER_SECOND,
        seconds,
        warmUpSeconds: 3,
        request: noOpRequest,
      });
      const lostCount = Object.values(lost).reduce((sum, count) => sum + count, 0);
      const p99 = percentile(fromDueMs, 0.99);
      const spread = (ms: readonly number[]): object => ({
        p50: rounded(median(ms), 2),
        p95: rounded(percentile(ms, 0.95), 2),
        p99: rounded(percentile(ms, 0.99), 2),
        most: rounded(percentile(ms, 1), 2),
      });
      return {
        figures: { rpcP99Ms: rounded(p99, 2), lost: lostCount },
        rows: [
          {
            figure: 'scheduler and RPC, 72 × 25/s, P50 / P99',
            reach: 'P99 ≤ 12 ms',
            measured: `${show(median(fromDueMs))} / ${show(p99, ' ms')}`,
            n: String(sent),
          },
          { figure: '  lost', reach: '0', measured: String(lostCount), n: String(sent) },
        ],
        detail: { sent, lost, fromDueMs: spread(fromDueMs), fromSentMs: spread(fromSentMs) },
      };
    } finally {
      await runtime.close();
    }
  } finally {
    await models.remove();
  }
}
