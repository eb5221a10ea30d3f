/** Sections of `bench/signaling/NAME.ts` that may not be there, and may answer more plainly than ours. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { SectionOptions, SectionResult, SignalingFigures } from './report.ts';

const resultSchema = z.object({
  figures: z.record(z.string(), z.unknown()),
  rows: z.array(
    z.object({ figure: z.string(), reach: z.string(), measured: z.string(), n: z.string() }),
  ),
  detail: z.looseObject({}).optional(),
});

/** Calls `measure(options)` of that file. Throws an Error when it is not there or answers something else. */
export async function laterSection(
  file: string,
  measure: string,
  options: SectionOptions,
): Promise<SectionResult> {
  const address = new URL(`./${file}.ts`, import.meta.url);
  if (!existsSync(address)) {
    throw new Error(`bench/signaling/${file}.ts is not there yet`);
  }
  const loaded = (await import(address.href)) as Record<string, unknown>;
  const run = loaded[measure];
  if (typeof run !== 'function') {
    throw new Error(`bench/signaling/${file}.ts has no ${measure}`);
  }
  const { figures, rows, detail } = resultSchema.parse(await run(options));
  return { figures: figures as Partial<SignalingFigures>, rows, detail };
}
