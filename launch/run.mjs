// Runs one TypeScript tool of the project, packages installed first: node launch/run.mjs FILE [ARGUMENTS]
import { ensureDependencies, fail } from './dependencies.mjs';
import { runTypeScript } from './tsx.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  fail('Name the file to run: node launch/run.mjs FILE [ARGUMENTS]');
}
ensureDependencies();
process.exit(await runTypeScript(file, args));
