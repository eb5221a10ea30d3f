/** Command line of `npm run bench -- runtime`. */
import { parseArgs } from 'node:util';
import { chosenSections } from '../sections.ts';
import { SECTION_NAMES, type SectionName } from './report.ts';

export interface RuntimeOptions {
  jsonPath: string | undefined;
  sections: readonly SectionName[];
  /** Shorter runs, for checking the bench itself. */
  quick: boolean;
}

export const RUNTIME_HELP = `Usage: npm run bench -- runtime [OPTIONS]

Measures the inference runtime: the protocol and the scheduler alone, our server beside real Triton, batching, and
what each engine costs behind it. bench/README.md explains each method and its error. Nothing else should run meanwhile.

Options:
  --json FILE    write the figures as JSON
  --only A,B     sections to run: ${SECTION_NAMES.join(', ')} [all]
  --quick        shorter runs, for checking the bench itself; the figures are rough
  --help         this text
`;

export function readRuntimeOptions(args: readonly string[]): RuntimeOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  return {
    jsonPath: values.json,
    sections: chosenSections(SECTION_NAMES, values.only),
    quick: values.quick,
  };
}
