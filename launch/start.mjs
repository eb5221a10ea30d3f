// `npm start`: installs what is missing and hands over to launch/main.ts.
import { ensureDependencies } from './dependencies.mjs';
import { runTypeScript } from './tsx.mjs';

ensureDependencies();
process.exit(await runTypeScript('launch/main.ts', process.argv.slice(2)));
