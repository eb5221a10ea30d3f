/** Command line of `npm run bench -- media`. */
import { parseArgs } from 'node:util';
import { chosenSections } from '../sections.ts';
import { SECTION_NAMES, type SectionName } from './report.ts';

export interface MediaOptions {
  jsonPath: string | undefined;
  sections: readonly SectionName[];
  /** Shorter runs, for checking the bench itself. */
  quick: boolean;
  /** How long the memory section soaks. */
  minutes: number;
}

const SOAK_MINUTES = 60;
const QUICK_SOAK_MINUTES = 3;

export const MEDIA_HELP = `Usage: npm run bench -- media [OPTIONS]

Measures sound and picture where a learner is: underruns, lips and sound, cost, stopping, memory, bad networks and
recordings, beside Python's AvatarRunner with the same sound on the same machine. The peer is installed on first use.
bench/README.md explains each method and its error. Nothing else should run meanwhile. All of it takes about two hours.

Options:
  --json FILE    write the figures as JSON
  --only A,B     sections to run: ${SECTION_NAMES.join(', ')} [all]
  --quick        shorter runs, for checking the bench itself; the figures are rough
  --minutes N    length of the memory section [${String(SOAK_MINUTES)}, quick ${String(QUICK_SOAK_MINUTES)}]
  --help         this text
`;

/** Throws RangeError or TypeError for what it does not understand. */
export function readMediaOptions(args: readonly string[]): MediaOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  const minutes =
    values.minutes === undefined
      ? values.quick
        ? QUICK_SOAK_MINUTES
        : SOAK_MINUTES
      : Number(values.minutes);
  if (!(minutes > 0)) {
    throw new RangeError(`--minutes wants a number above 0, not “${String(values.minutes)}”.`);
  }
  return {
    jsonPath: values.json,
    sections: chosenSections(SECTION_NAMES, values.only),
    quick: values.quick,
    minutes,
  };
}
