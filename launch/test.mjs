// `npm test`: installs what is missing and runs every test.
import { ensureDependencies } from './dependencies.mjs';
import { runTypeScript } from './tsx.mjs';

ensureDependencies();
process.exit(await runTypeScript('launch/test.ts', process.argv.slice(2)));
