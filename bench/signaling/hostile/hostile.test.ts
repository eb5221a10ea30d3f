import { AccessToken } from 'livekit-server-sdk';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEYS, testSignaling } from '#signaling/testing.ts';
import { attack } from './attack.ts';
import { judge } from './judge.ts';
import { bytesOf, curlLine, type HostileRequest } from './request.ts';
import { prepareVictims } from './victims.ts';
import { readAnswer, Wire } from './wire.ts';

let signaling: Awaited<ReturnType<typeof testSignaling>>;
let address: string;

beforeAll(async () => {
  signaling = await testSignaling({
    maxSessions: 1_000,
    sendToWorker: () => Promise.reject(new Error('nobody there')),
  });
  await signaling.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = signaling.app.server.address() as AddressInfo;
  address = `http://127.0.0.1:${String(port)}`;
}, 60_000);

afterAll(async () => {
  await signaling.app.close();
});

const token = (grant: object): Promise<string> => {
  const made = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'somebody' });
  made.addGrant(grant);
  return made.toJwt();
};

const request: HostileRequest = {
  ...{ attack: 'credentials', what: 'none', operation: 'listApiKeys' },
  ...{ method: 'GET', target: '/api/v1/api-keys', headers: [], mustNot: ['success', 'pass-guard'] },
};
const answer = { headers: {}, body: '', rest: '' };

it('a few hundred hostile requests find no fault and no open door', async () => {
  const owner = await token({ roomList: true });
  const victims = await prepareVictims(async (method, path, body) => {
    const made = await signaling.app.inject({
      method: method as 'GET',
      url: `/api/v1${path}`,
      headers: { authorization: `Bearer ${owner}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    expect(made.statusCode, made.body).toBeLessThan(300);
    return made.statusCode === 204 ? undefined : made.json();
  }, KEYS);
  const found = await attack({
    ...{ ...victims, address, owner, service: await token({ roomAdmin: true }) },
    ...{ requests: 600, seed: 1, every: 23, connections: 2 },
    // The port of agents is this one too; only NGINX keeps them apart.
    isDoor: false,
  });
  expect(found.findings).toEqual([]);
  expect(found).toMatchObject({ serverErrors: 0, wronglyAdmitted: 0, reflected: 0 });
  expect(found.requests).toBeGreaterThanOrEqual(600);
  // Not all was refused at the guard: what is well made is answered well.
  expect(found.byAttack['shapes']?.statuses['200']).toBeGreaterThan(10);
}, 300_000);

it('a guard that lets somebody in is found, whether what they want is there or not', () => {
  expect(judge(request, { ...answer, status: 200 })).toBe('admitted');
  expect(judge(request, { ...answer, status: 302 })).toBe('admitted');
  const missing = '{"code":"API_KEY_UNKNOWN"}';
  expect(judge(request, { ...answer, status: 404, body: missing })).toBe('admitted');
  expect(judge(request, { ...answer, status: 400, body: '{"code":"BODY_INVALID"}' })).toBe(
    'admitted',
  );
  expect(judge(request, { ...answer, status: 401, body: '{"code":"TOKEN_MISSING"}' })).toBe('good');
  expect(judge(request, { ...answer, status: 404, body: '{"code":"ROUTE_UNKNOWN"}' })).toBe('good');
});

it('a fault is one unless it is on purpose; what comes back as a header is seen', () => {
  expect(judge(request, { ...answer, status: 500 })).toBe('fault');
  expect(judge(request, { ...answer, status: 502 })).toBe('fault');
  expect(judge(request, { ...answer, status: 503, body: '{"code":"AVATARS_FULL"}' })).not.toBe(
    'fault',
  );
  const headers = { 'x-injected': '1' };
  expect(judge(request, { ...answer, status: 401, headers })).toBe('reflected');
  expect(judge(request, { ...answer, status: 0 })).toBe('unanswered');
});

it('sends what it is told to, byte for byte, and says how to send it again', () => {
  const odd = {
    ...request,
    headers: [
      ['X-A', 'b\rc'],
      ['X-A', 'ü'],
    ] as const,
    body: Buffer.from("it's"),
  };
  expect(bytesOf(odd, 'h').toString('latin1')).toBe(
    "GET /api/v1/api-keys HTTP/1.1\r\nHost: h\r\nX-A: b\rc\r\nX-A: ü\r\nContent-Length: 4\r\n\r\nit's",
  );
  expect(curlLine(odd, 'https://localhost')).toContain("'https://localhost/api/v1/api-keys'");
  expect(curlLine({ ...odd, raw: Buffer.from('a\r\n') }, 'https://localhost:1')).toBe(
    "printf 'a\\015\\012' | openssl s_client -quiet -connect localhost:1",
  );
});

it('reads whole answers, chunked or not, and the ones behind them', () => {
  const read = (text: string, isClosed = false) => readAnswer(Buffer.from(text), 'GET', isClosed);
  expect(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab')).toBeUndefined();
  const two =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 201 ';
  expect(read(two)).toMatchObject({ status: 200, body: 'ab', left: Buffer.from('HTTP/1.1 201 ') });
  const chunked =
    'HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n';
  expect(read(chunked)).toMatchObject({ status: 404, body: 'abc' });
  expect(read(chunked.slice(0, -2))).toBeUndefined();
  expect(read('HTTP/1.1 400 x\r\n\r\nwhole', true)).toMatchObject({ status: 400, body: 'whole' });
});

it('a connection is used again, and opened anew where the server has closed it', async () => {
  const wire = new Wire(address);
  const ask = () => wire.send(bytesOf({ ...request, target: '/health' }, wire.host), 'GET');
  expect((await ask()).status).toBe(200);
  signaling.app.server.closeAllConnections();
  expect((await ask()).status).toBe(200);
  wire.close();
});
