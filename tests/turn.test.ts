/**
 * A call from a network that lets nothing but HTTPS out: the page, LiveKit's WebSocket and all media, as TURN over TLS, go
 * through one port of NGINX, in a real Chromium.
 */
import { readEnvironment } from '#config/environment.ts';
import { Progress } from '#launch/progress.ts';
import { startSystem, type RunningSystem } from '#launch/system.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DoorStage, nginxForTests } from '../nginx/testing/stage.ts';
import { LearnerBrowser } from './learner-browser.ts';

/** Beside the ports of the other systems of tests. */
const PORTS = {
  PORT: '20080',
  LIVEKIT_PORT: '20880',
  LIVEKIT_TCP_PORT: '20881',
  LIVEKIT_UDP_PORT: '20882',
  LIVEKIT_TURN_PORT: '20883',
  LIVEKIT_TURN_RELAY_FIRST: '20900',
  LIVEKIT_TURN_RELAY_LAST: '20999',
  WORKER_PORT: '20081',
};
/** Every name under localhost is this machine's to a browser; LiveKit wants one with a dot. */
const NAME = 'talk.localhost';

const { install, reason } = await nginxForTests();
if (reason !== undefined) {
  console.warn(reason);
}

/** What the page's connections were told and have come to; relays only, and the port of this test instead of 443. */
const prelude = (port: number): string => `
  window.turnUrls = new Set();
  window.connections = [];
  const Original = window.RTCPeerConnection;
  const prepared = (configuration) => {
    for (const server of configuration?.iceServers ?? []) {
      server.urls = [server.urls].flat().map((url) => {
        if (url.startsWith('turns:')) window.turnUrls.add(url);
        return url.replace(':443', ':${String(port)}');
      });
    }
    return { ...configuration, iceTransportPolicy: 'relay' };
  };
  window.RTCPeerConnection = class extends Original {
    constructor(configuration) {
      super(prepared(configuration));
      window.connections.push(this);
    }
    setConfiguration(configuration) {
      super.setConfiguration(prepared(configuration));
    }
  };
`;

interface Path {
  state: string;
  localType: string;
  relayProtocol: string;
}

declare global {
  interface Window {
    turnUrls: Set<string>;
    connections: RTCPeerConnection[];
  }
}

/**
 * Run when asked for, with UNDERSTUDY_TURN_TEST=1: where LiveKit has TURN on, the agent's own connection timed out in some runs
 * ("wait_pc_connection timed out"), and why is not known yet.
 */
const asked = process.env['UNDERSTUDY_TURN_TEST'] === '1';

describe.skipIf(install === undefined || !asked)('With HTTPS alone let out', () => {
  let system: RunningSystem | undefined;
  let stage: DoorStage | undefined;

  beforeAll(async () => {
    system = await startSystem({
      progress: new Progress({ quiet: true }),
      apart: true,
      environment: readEnvironment({
        UNDERSTUDY_DATA: process.env['UNDERSTUDY_DATA'],
        ...PORTS,
        LIVEKIT_TURN_DOMAIN: NAME,
        UNDERSTUDY_TRUST_PROXY: '127.0.0.1',
        UNDERSTUDY_LLM: 'scripted',
        UNDERSTUDY_RECOGNITION: 'none',
      }),
    });
    stage = await DoorStage.open(install!, {
      names: [NAME],
      turnName: NAME,
      turn: `127.0.0.1:${PORTS.LIVEKIT_TURN_PORT}`,
      signaling: [`127.0.0.1:${PORTS.PORT}`],
      livekit: `127.0.0.1:${PORTS.LIVEKIT_PORT}`,
    });
  });
  afterAll(async () => {
    await stage?.close();
    await system?.stop();
  });

  it('a learner sees and hears the avatar through TURN over TLS, on the port and the name of the page', async () => {
    const port = stage!.options.httpsPort;
    const browser = await LearnerBrowser.open(`https://${NAME}:${String(port)}`, {
      anyCertificate: true,
      prelude: prelude(port),
    });
    try {
      await browser.choose('first-interview');
      await browser.join();
      await browser.untilFrames(25);
      expect(await browser.page.evaluate(() => [...window.turnUrls])).toEqual([
        `turns:${NAME}:443?transport=tcp`,
      ]);
      const paths = await browser.page.evaluate(async () => {
        const found: Path[] = [];
        for (const connection of window.connections) {
          const stats = [...(await connection.getStats()).values()] as Record<string, string>[];
          for (const pair of stats.filter(
            ({ type, state }) => type === 'candidate-pair' && state === 'succeeded',
          )) {
            const local = stats.find(({ id }) => id === pair['localCandidateId']);
            found.push({
              state: connection.connectionState,
              localType: local?.['candidateType'] ?? '',
              relayProtocol: local?.['relayProtocol'] ?? '',
            });
          }
        }
        return found;
      });
      expect(paths.length).toBeGreaterThan(0);
      for (const path of paths) {
        expect(path).toEqual({ state: 'connected', localType: 'relay', relayProtocol: 'tls' });
      }
      expect(browser.violations).toEqual([]);
      await browser.end();
    } finally {
      await browser.close();
    }
    await expect.poll(() => stage!.accessLog()).toContain('"to":"turn"');
  });
});
