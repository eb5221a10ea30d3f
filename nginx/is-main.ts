import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether this module was started as a program rather than imported. */
export function isMain(moduleUrl: string): boolean {
  const [, started] = process.argv;
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
