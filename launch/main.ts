/** `npm start`: brings the whole system up on this machine and keeps it up until Ctrl-C. */
import { parseArgs } from 'node:util';
import { EnvironmentError } from '#config/environment.ts';
import { helpText } from './help.ts';
import { LaunchProblem } from './problem.ts';
import { Progress } from './progress.ts';
import { takeFirstAdmin } from './first-admin.ts';
import { startSystem, type RunningSystem } from './system.ts';

function readArguments(): { https: boolean; json: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        https: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nTry: npm start -- --help`,
    );
    process.exit(2);
  }
}

const { https, json, help } = readArguments();
if (help) {
  console.log(helpText());
  process.exit(0);
}
if (https) {
  process.env.UNDERSTUDY_HTTPS = '1';
}

let system: RunningSystem | undefined;
let stopping = false;
async function stop(code: number): Promise<void> {
  if (stopping) {
    return;
  }
  stopping = true;
  await system?.stop();
  process.exit(code);
}
process.on('SIGINT', () => {
  if (!json) {
    console.log('\nStopping.');
  }
  void stop(0);
});
process.on('SIGTERM', () => void stop(0));

try {
  system = await startSystem({ progress: new Progress({ quiet: json }) });
  system.onGivenUp((reason) => {
    console.error(reason);
    void stop(1);
  });
  if (json) {
    console.log(JSON.stringify({ pageUrl: system.pageUrl, livekitUrl: system.livekitUrl }));
  } else {
    console.log(`\nUnderstudy is ready: ${system.pageUrl}`);
    const admin = await takeFirstAdmin(system.firstAdminFile);
    if (admin !== undefined) {
      const { email, password } = admin;
      console.log(
        `Nobody needs an account to rehearse. To manage it: ${system.pageUrl}/sign-in\n  ${email}  ${password}  (told this once: note it)`,
      );
    }
    console.log('Ctrl-C stops it.');
  }
} catch (error) {
  const known = error instanceof LaunchProblem || error instanceof EnvironmentError;
  console.error(known ? error.message : error);
  await stop(1);
}
