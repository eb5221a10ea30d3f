/** Sends hostile requests over several connections at once and judges each answer. */
import fc from 'fast-check';
import {
  badCredentials,
  peopleCredentials,
  type Credential,
  type CredentialKeys,
  type SignedIn,
} from './credentials.ts';
import { isOnPurpose, judge, type Verdict } from './judge.ts';
import { bytesOf, curlLine, type HostileRequest } from './request.ts';
import { shapes } from './shapes.ts';
import { smugglingTrials } from './smuggling.ts';
import { readApi, type Things } from './targets.ts';
import { PASSWORD } from './victims.ts';
import { credentialTrials, headerTrials, pathTrials } from './tricks.ts';
import { Wire } from './wire.ts';

export interface AttackOptions {
  /** Where callers come in: `https://localhost:PORT` of NGINX, or signaling itself. */
  address: string;
  /** How many requests at least. */
  requests: number;
  seed: number;
  /** Which credential trials and tricks are sent where not all are wanted: every nth. */
  every?: number;
  connections?: number;
  /** Whether NGINX stands before it, which keeps agents' routes inside. */
  isDoor?: boolean;
  keys: CredentialKeys;
  things: Things;
  owner: string;
  service: string;
  /** Sessions that were made for somebody of this name. */
  /** Names of learners, beginning so, for whom sessions were made. */
  learnersLike: (beginning: string) => Promise<string[]>;
  say?: (line: string) => void;
}

export interface Finding {
  verdict: Exclude<Verdict, 'good'>;
  attack: string;
  what: string;
  operation: string;
  status: number;
  /** Sends it again. */
  line: string;
}

export interface Attack {
  requests: number;
  seed: number;
  serverErrors: number;
  wronglyAdmitted: number;
  /** Lines that came back as headers, and requests that nobody answered. */
  reflected: number;
  unanswered: number;
  /** Answers of 501, 503 and 505 that are on purpose, by status. */
  onPurpose: Record<string, number>;
  byAttack: Record<string, { requests: number; statuses: Record<string, number> }>;
  /** The first of them. */
  findings: Finding[];
}

const CONNECTIONS = 8;
const MOST_FINDINGS = 40;
const MARKER = 'smuggled-';

export async function attack(options: AttackOptions): Promise<Attack> {
  const { address, seed, keys, things, every = 1, isDoor = true, say } = options;
  const api = await readApi();
  const everything = api.operations.flatMap(({ permission }) => permission ?? []);
  const bad = [
    ...(await badCredentials(keys)),
    ...peopleCredentials(await signIn(address), everything),
  ];
  const owner: Credential = {
    what: 'the owner’s',
    authorization: `Bearer ${options.owner}`,
    opens: everything,
  };
  const service: Credential = {
    what: 'a service’s',
    authorization: `Bearer ${options.service}`,
    opens: [],
  };
  const { host } = new URL(address);
  const sifted = <Value>(values: readonly Value[]): Value[] =>
    values.filter((_value, index) => index % every === seed % every);
  const trials = [
    ...credentialTrials(api, things, bad, seed),
    ...pathTrials(api, things, { nobody: bad[0]!, owner, service }, seed).filter(
      ({ what }) => isDoor || !what.startsWith('inside'),
    ),
    ...headerTrials(api, things, await tokenOfNobody(bad), seed),
  ];
  const found: Attack = {
    ...{ requests: 0, seed, serverErrors: 0, wronglyAdmitted: 0, reflected: 0, unanswered: 0 },
    ...{ onPurpose: {}, byAttack: {}, findings: [] },
  };
  const send = (requests: readonly HostileRequest[]): Promise<void> =>
    sendAll(requests, address, options.connections ?? CONNECTIONS, found);
  // First while all things are there: what is well made deletes some of them.
  await send(sifted(trials));
  say?.(`credentials, paths and headers: ${String(found.requests)} requests`);
  const doubles = smugglingTrials(host, MARKER);
  await send(doubles);
  // Without a proxy before it there is nobody to disagree with: the inner one is the same caller's next request.
  for (const name of isDoor ? await options.learnersLike(MARKER) : []) {
    const double = doubles[Number(name.slice(MARKER.length))]!;
    note(found, double, 201, 'admitted', address);
  }
  const rest = Math.max(0, options.requests - found.requests);
  await send(fc.sample(shapes(api, things, [owner, ...bad]), { seed, numRuns: rest }));
  say?.(`shapes: ${String(found.requests)} requests`);
  return found;
}

/** As the page signs people in; `prepareVictims` has made them. */
async function signIn(address: string): Promise<SignedIn> {
  const wire = new Wire(address);
  const cookieOf = async (name: string): Promise<string> => {
    const request: HostileRequest = {
      ...{
        attack: 'credentials',
        what: 'sign-in',
        operation: 'signIn',
        method: 'POST',
        mustNot: [],
      },
      target: '/api/v1/auth/sign-in',
      headers: [
        ['Content-Type', 'application/json'],
        ['Origin', address],
      ],
      body: Buffer.from(JSON.stringify({ email: `${name}@example.org`, password: PASSWORD })),
    };
    const { status, headers, body } = await wire.send(bytesOf(request, wire.host), 'POST');
    const cookie = headers['set-cookie']?.split(';')[0];
    if (status !== 200 || cookie === undefined) {
      throw new Error(`${name} cannot sign in: ${String(status)} ${body}`);
    }
    return cookie;
  };
  try {
    const [learner, operator, admin] = [
      await cookieOf('learner'),
      await cookieOf('operator'),
      await cookieOf('admin'),
    ];
    return { origin: address, learner, operator, admin };
  } finally {
    wire.close();
  }
}

/** Well signed by nobody whom we know. */
async function tokenOfNobody(bad: readonly Credential[]): Promise<string> {
  const found = bad.find(({ what }) => what === 'another server’s');
  return Promise.resolve((found?.authorization ?? '').replace('Bearer ', ''));
}

async function sendAll(
  requests: readonly HostileRequest[],
  address: string,
  connections: number,
  found: Attack,
): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    const wire = new Wire(address);
    for (let at = next++; at < requests.length; at = next++) {
      const request = requests[at]!;
      // What may confuse the reading of the next request has its connection for itself.
      const alone = request.attack === 'smuggling';
      const answer = await wire.send(bytesOf(request, wire.host), request.method, { alone });
      if (request.attack !== 'shapes' && request.attack !== 'credentials') {
        wire.close();
      }
      note(found, request, answer.status, judge(request, answer), address);
      if (isOnPurpose(answer)) {
        const status = String(answer.status);
        found.onPurpose[status] = (found.onPurpose[status] ?? 0) + 1;
      }
    }
    wire.close();
  };
  await Promise.all(Array.from({ length: connections }, one));
}

function note(
  found: Attack,
  request: HostileRequest,
  status: number,
  verdict: Verdict,
  address: string,
): void {
  found.requests += 1;
  const group = (found.byAttack[request.attack] ??= { requests: 0, statuses: {} });
  group.requests += 1;
  group.statuses[String(status)] = (group.statuses[String(status)] ?? 0) + 1;
  if (verdict === 'good') {
    return;
  }
  found.serverErrors += verdict === 'fault' ? 1 : 0;
  found.wronglyAdmitted += verdict === 'admitted' ? 1 : 0;
  found.reflected += verdict === 'reflected' ? 1 : 0;
  found.unanswered += verdict === 'unanswered' ? 1 : 0;
  if (found.findings.length < MOST_FINDINGS) {
    const { attack: kind, what, operation } = request;
    const line = curlLine(request, address);
    found.findings.push({ verdict, attack: kind, what, operation, status, line });
  }
}
