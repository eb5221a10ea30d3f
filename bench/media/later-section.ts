/** Sections that live in folders of their own, `bench/media/NAME/measure.ts`, and may not be there. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { SectionResult } from './report.ts';

const resultSchema = z.object({
  figures: z.record(z.string(), z.unknown()),
  rows: z.array(
    z.object({ figure: z.string(), reach: z.string(), measured: z.string(), n: z.string() }),
  ),
  detail: z.looseObject({}).optional(),
});

/** Calls `measure(quick)` of that folder. Throws an Error when the section is not there or answers something else. */
export async function laterSection(
  folder: string,
  measure: string,
  quick: boolean,
): Promise<SectionResult> {
  const address = new URL(`./${folder}/measure.ts`, import.meta.url);
  if (!existsSync(address)) {
    throw new Error(`bench/media/${folder}/measure.ts is not there yet`);
  }
  const loaded = (await import(address.href)) as Record<string, unknown>;
  const run = loaded[measure];
  if (typeof run !== 'function') {
    throw new Error(`bench/media/${folder}/measure.ts has no ${measure}`);
  }
  return resultSchema.parse(await run(quick)) as SectionResult;
}
