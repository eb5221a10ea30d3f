/** Command line of `npm run bench -- signaling`. */
import { parseArgs } from 'node:util';
import { chosenSections } from '../sections.ts';
import { SECTION_NAMES, type SectionName } from './report.ts';

export interface SignalingOptions {
  jsonPath: string | undefined;
  sections: readonly SectionName[];
  quick: boolean;
  seed: number;
  profileFolder: string | undefined;
}

const SEED = 1;
const LARGEST_SEED = 2 ** 31 - 1;

export const SIGNALING_HELP = `Usage: npm run bench -- signaling [OPTIONS]

Measures signaling through NGINX: how many sessions a second, what hostile requests do, whether a thousand sessions leave
anything behind, and how fast calls come back when something dies. PostgreSQL and Redis are used where their programs are
installed, and the report says so. bench/README.md explains each method and its error. Nothing else should run meanwhile.

Options:
  --json FILE    write the figures as JSON
  --only A,B     sections to run: ${SECTION_NAMES.join(', ')} [all]
  --quick        shorter runs, for checking the bench itself; the figures are rough
  --seed N       of the arrivals and of the hostile requests [${String(SEED)}]
  --profile DIR  signaling writes a processor profile there when a section has ended
  --help         this text
`;

/** Throws RangeError or TypeError for what it does not understand. */
export function readSignalingOptions(args: readonly string[]): SignalingOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return 'help';
  }
  const seed = values.seed === undefined ? SEED : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed > LARGEST_SEED) {
    throw new RangeError(`--seed wants a whole number from 0, not “${String(values.seed)}”.`);
  }
  return {
    jsonPath: values.json,
    sections: chosenSections(SECTION_NAMES, values.only),
    quick: values.quick,
    seed,
    profileFolder: values.profile,
  };
}
