/** Where the password of the first admin lies until it was told: written by signaling, told and removed by `npm start`. */
import { join } from 'node:path';

/** One for each system of a data folder: several may run beside each other on other ports. */
export const firstAdminFile = (dataFolder: string, port: number): string =>
  join(dataFolder, `first-admin-${String(port)}.txt`);
