/**
 * Every environment variable, in one typed schema: read once at the edge of each process, explained by
 * `npm start -- --help`, checked by `npm run config:check`.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z
  .enum(['0', '1', 'true', 'false'])
  .transform((value) => value === '1' || value === 'true');

export const environmentSchema = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address the page and the API listen on'),
  PORT: port.default(8080).describe('Port of the page and the API'),
  UNDERSTUDY_HTTPS: flag
    .default(false)
    .describe(
      '1 serves HTTPS with a self-signed certificate, so that other machines may use the microphone',
    ),
  UNDERSTUDY_TRUST_PROXY: z
    .string()
    .regex(/^[\da-fA-F.:/, ]+$/, 'takes addresses and ranges: 127.0.0.1, 172.30.0.0/24')
    .optional()
    .describe(
      'Addresses of the proxy before the API (nginx/): who calls and under which name is believed from there alone',
    ),
  UNDERSTUDY_DATA: z
    .string()
    .default('.understudy')
    .describe('Folder for what is installed and what lasts: engines, keys, sessions, reports'),
  LIVEKIT_URL: z
    .string()
    .optional()
    .describe('An own LiveKit server (ws:// or wss://); without it one is started here'),
  LIVEKIT_API_KEY: z
    .string()
    .optional()
    .describe('Key of that LiveKit server; made here when absent'),
  LIVEKIT_API_SECRET: z.string().optional().describe('Its secret; made here when absent'),
  UNDERSTUDY_REGIONS: z
    .string()
    .optional()
    .describe(
      'YAML or JSON file of several LiveKit clusters (signaling/regions); a session goes to the one that serves its learner best',
    ),
  LIVEKIT_PORT: port.default(7880).describe('Port of the LiveKit server started here'),
  LIVEKIT_TCP_PORT: port.default(7881).describe('Its port for media over TCP'),
  LIVEKIT_UDP_PORT: port.default(7882).describe('Its port for media over UDP'),
  LIVEKIT_NODE_IP: z
    .string()
    .default('127.0.0.1')
    .describe(
      'Address at which browsers reach its media; set it to the LAN address for other machines',
    ),
  LIVEKIT_TURN_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'takes a name with a dot: talk.example.org')
    .optional()
    .describe(
      'Name of TURN over TLS on port 443, which NGINX passes on (nginx/); without it there is no TURN',
    ),
  LIVEKIT_TURN_PORT: port.default(5349).describe('Its port of TURN, for NGINX'),
  LIVEKIT_TURN_RELAY_FIRST: port.default(30_000).describe('First UDP port of relayed media'),
  LIVEKIT_TURN_RELAY_LAST: port.default(31_000).describe('Last UDP port of relayed media'),
  LIVEKIT_WEBHOOK_URLS: z
    .string()
    .transform((urls) => urls.split(',').map((url) => url.trim()))
    .pipe(z.array(z.url()))
    .optional()
    .describe('Addresses, with commas, that it tells of rooms and participants'),
  WORKER_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address of the agent worker’s own health page'),
  WORKER_PORT: port.default(8081).describe('Port of the agent worker’s own health page'),
  UNDERSTUDY_MAX_SESSIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(6)
    .describe('Calls that one worker accepts at the same time'),
  UNDERSTUDY_DRAIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .optional()
    .describe(
      'Milliseconds in which calls may come to their end when the agent worker is told to stop; what is left then goes on at another worker. 0 ends calls at once. An hour when absent; 0 under npm start',
    ),
  UNDERSTUDY_WARM_JOBS: z.coerce
    .number()
    .int()
    .min(0)
    .max(16)
    .default(1)
    .describe('Agent processes kept ready, so that a call begins at once'),
  UNDERSTUDY_PYTHON: z
    .string()
    .optional()
    .describe('Python that has the recognition engines; made in UNDERSTUDY_DATA when absent'),
  LLM_BASE_URL: z
    .string()
    .optional()
    .describe('An OpenAI-compatible server to speak through; a running Ollama is found by itself'),
  LLM_MODEL: z.string().optional().describe('Model on that server; its first one when absent'),
  LLM_API_KEY: z.string().optional().describe('Key for that server, if it wants one'),
  UNDERSTUDY_LLM: z
    .enum(['auto', 'scripted'])
    .default('auto')
    .describe('scripted keeps to the scripted persona even when a language model is there'),
  UNDERSTUDY_RECOGNITION: z
    .enum(['auto', 'whisper', 'pocketsphinx', 'none'])
    .default('auto')
    .describe(
      'auto takes Whisper where it can be installed, else PocketSphinx; none turns speech recognition off: learners type',
    ),
  WHISPER_WEIGHTS: z
    .enum(['tiny.en', 'base'])
    .default('tiny.en')
    .describe('tiny.en hears English; base hears 99 languages and takes twice the time'),
  UNDERSTUDY_SPEECH: z
    .enum(['auto', 'embedded'])
    .default('auto')
    .describe(
      'auto takes Piper or Kokoro where the runtime has their voices (npm run models), else flite and espeak-ng',
    ),
  DATABASE_URL: z
    .string()
    .regex(
      /^(?:postgres(?:ql)?:\/\/|file:)/,
      'takes postgres://USER:PASSWORD@HOST/DATABASE or file:FOLDER',
    )
    .optional()
    .describe(
      'PostgreSQL 15 or newer: postgres://USER:PASSWORD@HOST/DATABASE; without it an embedded one in UNDERSTUDY_DATA/data/postgres, or in FOLDER with file:FOLDER',
    ),
  UNDERSTUDY_DATA_KEYS: z
    .string()
    .optional()
    .describe(
      'Encrypts names, transcripts and reports in the database: one or several keys of 32 bytes in hexadecimal or base64, newest first; without it UNDERSTUDY_DATA/keys/data-keys is made and used (npm run keys)',
    ),
  REDIS_URL: z
    .string()
    .optional()
    .describe(
      'redis://host:port; shares spoken sentences between machines and keeps who serves which session; several addresses with commas are a Cluster, sentinel://host:port/NAME are Sentinels (sessions only)',
    ),
  UNDERSTUDY_RUNTIME: z
    .string()
    .optional()
    .describe(
      'Inference runtimes (or Triton): host:port of gRPC, several with commas, dns:NAME:PORT, or redis://host:port where they enter themselves; without it one is started here',
    ),
  RUNTIME_PORT: port.default(8091).describe('gRPC port of the inference runtime started here'),
  RUNTIME_HTTP_PORT: port.default(8092).describe('Its HTTP port: health and metrics'),
  UNDERSTUDY_AVATARS: z
    .string()
    .optional()
    .describe('Folder of neural avatars (npm run avatars); UNDERSTUDY_DATA/avatars when absent'),
  UNDERSTUDY_SIGNALING: z
    .url()
    .optional()
    .describe('Address of the page and the API, where avatar workers enter themselves'),
  AVATAR_WORKER_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address that an avatar worker listens on (npm run avatar-worker)'),
  AVATAR_WORKER_PORT: port.default(8093).describe('Its port'),
  AVATAR_WORKER_ADDRESS: z
    .url()
    .optional()
    .describe('Its address as signaling reaches it; http://host:port when absent'),
  AVATAR_WORKER_CAPACITY: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Avatars that it takes at the same time; three for each processor when absent'),
  UNDERSTUDY_RATE_LIMITS: z
    .string()
    .regex(
      /^(?:off|\s*[a-z-]+(?:\/key)?=\d+(?:\.\d+)?:\d+(?:\s*,\s*[a-z-]+(?:\/key)?=\d+(?:\.\d+)?:\d+)*)\s*$/,
      'takes off, or KIND=PER_SECOND:BURST with commas: sessions=2:120,sessions/key=20:600',
    )
    .optional()
    .describe(
      'How much one address, or one API key, may ask for: KIND=PER_SECOND:BURST, KIND/key=…, where it differs from docs/api.md; off: as much as it likes',
    ),
  UNDERSTUDY_WEBHOOK_PRIVATE: flag
    .default(false)
    .describe('1 lets webhooks go to addresses of this machine and its network'),
  UNDERSTUDY_RECORDING: flag
    .default(true)
    .describe('0 records no call and asks no learner for consent'),
  UNDERSTUDY_RECORDING_KEY: z
    .string()
    .regex(/^(?:[0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$/, 'takes 32 bytes: openssl rand -hex 32')
    .optional()
    .describe(
      'Encrypts recordings: 32 bytes in hexadecimal or base64; without it they are plain files of this user',
    ),
  UNDERSTUDY_RECORDING_DAYS: z.coerce
    .number()
    .min(0)
    .max(3_650)
    .default(30)
    .describe('Days after which recordings are deleted'),
  UNDERSTUDY_RETENTION_DAYS: z.coerce
    .number()
    .min(0)
    .max(36_500)
    .default(365)
    .describe(
      'Days after its end that a session is deleted, with transcript, report and recording; 0 keeps all',
    ),
  UNDERSTUDY_AUDIT_DAYS: z.coerce
    .number()
    .min(0)
    .max(36_500)
    .default(730)
    .describe('Days that entries of the audit log are kept; 0 keeps all'),
  UNDERSTUDY_QUALITY: z
    .enum(['adaptive', 'full'])
    .default('adaptive')
    .describe(
      'adaptive lets pictures give way to a loaded machine and a weak line; full never does, for measuring',
    ),
  UNDERSTUDY_SCENARIOS: z
    .string()
    .default('config/scenarios')
    .describe('Folder of scenario YAML files'),
  UNDERSTUDY_SIGN_IN: z
    .enum(['none', 'optional', 'required'])
    .default('none')
    .describe(
      'none asks nobody to sign in; optional offers it; required lets only people who are signed in, and API keys, start a call',
    ),
  UNDERSTUDY_ADMIN_EMAIL: z
    .email()
    .default('admin@understudy.local')
    .describe('Account of the first admin, made where nobody is admin'),
  UNDERSTUDY_ADMIN_PASSWORD: z
    .string()
    .min(12)
    .max(200)
    .optional()
    .describe('Its password; made up and told once when absent'),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('OpenID Connect provider that people may sign in with: https://id.example.org'),
  OIDC_CLIENT_ID: z.string().optional().describe('What the provider calls this system'),
  OIDC_CLIENT_SECRET: z.string().optional().describe('Its secret there; PKCE alone when absent'),
  OIDC_NAME: z.string().default('your organisation').describe('What the page calls the provider'),
  OIDC_ROLE_CLAIM: z
    .string()
    .optional()
    .describe(
      'Claim that gives the role: learner, instructor, admin or operator; without it admins give roles',
    ),
  OIDC_DEFAULT_ROLE: z
    .enum(['learner', 'instructor', 'admin', 'operator'])
    .default('learner')
    .describe('Role of whom the claim gives none'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('How much the processes write about themselves'),
});

export type Environment = z.infer<typeof environmentSchema>;

/** A variable with an unusable value. The message names each and says what it takes. */
export class EnvironmentError extends Error {
  constructor(problems: string[]) {
    super(
      `These settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.name = 'EnvironmentError';
  }
}

/**
 * Reads and checks the environment. Empty values count as absent; NAME_FILE names a file that holds NAME's value, as
 * secrets are given to containers. Throws EnvironmentError.
 */
export function readEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  const given = Object.fromEntries(
    Object.keys(environmentSchema.shape)
      .map((name) => [name, source[name] || fromFile(name, source[`${name}_FILE`])] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    throw new EnvironmentError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    );
  }
  return parsed.data;
}

function fromFile(name: string, path: string | undefined): string | undefined {
  if (path === undefined || path === '') {
    return undefined;
  }
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new EnvironmentError([`${name}_FILE: ${path} cannot be read`]);
  }
}

/** One line per variable: name, default, meaning. For --help and the README. */
export function describeEnvironment(): { name: string; fallback: string; meaning: string }[] {
  return Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined);
    return {
      name,
      fallback: fallback.success && fallback.data !== undefined ? String(fallback.data) : '',
      meaning: schema.description ?? '',
    };
  });
}
