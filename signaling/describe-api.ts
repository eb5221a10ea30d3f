/** `npm run openapi`: writes docs/openapi.json from the routes. Nothing is opened or asked for that. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { buildApp, type AppOptions } from './app.ts';

export const OPENAPI_FILE = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

export async function describeApi(): Promise<object> {
  // Routes look at what they are given only when they are asked.
  const app = await buildApp({ records: {} } as unknown as AppOptions);
  await app.ready();
  const description = app.swagger();
  await app.close();
  return description;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { ...(await resolveConfig(OPENAPI_FILE)), parser: 'json' };
  await writeFile(OPENAPI_FILE, await format(JSON.stringify(await describeApi()), options));
  console.log(OPENAPI_FILE);
}
