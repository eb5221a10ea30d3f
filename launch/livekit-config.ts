/** Fills `config/livekit.yaml`: for the launcher, and by hand with `node --import tsx launch/livekit-config.ts --output FILE`. */
import { EnvironmentError, readEnvironment, type Environment } from '#config/environment.ts';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Keys } from './install/keys.ts';

const TEMPLATE = fileURLToPath(new URL('../config/livekit.yaml', import.meta.url));
/** Where signaling takes LiveKit's webhooks. */
export const LIVEKIT_WEBHOOK_PATH = '/api/internal/livekit/webhook';
const LOOPBACK = '127.0.0.1';
/** Where TURN is off; LiveKit wants something there all the same. */
const NO_DOMAIN = 'turn.invalid';

/** The text of a configuration for LiveKit. Throws an Error naming a value of the template that nobody fills. */
export async function liveKitConfig(
  environment: Environment,
  keys: Keys,
  options: { logJson?: boolean } = {},
): Promise<string> {
  const { LIVEKIT_NODE_IP: nodeIp, LIVEKIT_TURN_DOMAIN: turnDomain } = environment;
  const { UNDERSTUDY_SIGNALING: signaling } = environment;
  const ofSignaling = signaling === undefined ? [] : [new URL(LIVEKIT_WEBHOOK_PATH, signaling)];
  const values: Readonly<Record<string, string | number | boolean>> = {
    LIVEKIT_PORT: environment.LIVEKIT_PORT,
    LIVEKIT_TCP_PORT: environment.LIVEKIT_TCP_PORT,
    LIVEKIT_UDP_PORT: environment.LIVEKIT_UDP_PORT,
    LIVEKIT_NODE_IP: nodeIp,
    LIVEKIT_API_KEY: keys.apiKey,
    LIVEKIT_API_SECRET: keys.apiSecret,
    LIVEKIT_BIND: nodeIp === LOOPBACK ? LOOPBACK : '0.0.0.0',
    LIVEKIT_LOOPBACK: true,
    LIVEKIT_TURN: turnDomain !== undefined,
    LIVEKIT_TURN_DOMAIN: turnDomain ?? NO_DOMAIN,
    LIVEKIT_TURN_PORT: environment.LIVEKIT_TURN_PORT,
    LIVEKIT_TURN_RELAY_FIRST: environment.LIVEKIT_TURN_RELAY_FIRST,
    LIVEKIT_TURN_RELAY_LAST: environment.LIVEKIT_TURN_RELAY_LAST,
    LIVEKIT_WEBHOOK_URLS: JSON.stringify(environment.LIVEKIT_WEBHOOK_URLS ?? ofSignaling),
    LIVEKIT_LOG_LEVEL: environment.LOG_LEVEL === 'silent' ? 'error' : environment.LOG_LEVEL,
    LIVEKIT_LOG_JSON: options.logJson === true,
  };
  const template = await readFile(TEMPLATE, 'utf8');
  return template.replaceAll(/\$\{([A-Z_]+)\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) {
      throw new Error(`config/livekit.yaml asks for ${name}, which has no value.`);
    }
    return String(value);
  });
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { output: { type: 'string' } } });
  const environment = readEnvironment();
  const { LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret } = environment;
  if (values.output === undefined || apiKey === undefined || apiSecret === undefined) {
    throw new EnvironmentError([
      '--output FILE, LIVEKIT_API_KEY and LIVEKIT_API_SECRET: all three are needed',
    ]);
  }
  const text = await liveKitConfig(environment, { apiKey, apiSecret }, { logJson: true });
  await writeFile(values.output, text, { mode: 0o640 });
}

const [, started] = process.argv;
if (started !== undefined && (await realpath(started)) === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
