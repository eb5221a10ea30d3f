import { readEnvironment } from '#config/environment.ts';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { liveKitConfig } from './livekit-config.ts';

const KEYS = { apiKey: 'key', apiSecret: 'secret' };

async function configuration(source: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  return parse(await liveKitConfig(readEnvironment(source), KEYS)) as Record<string, unknown>;
}

it('stays on the loopback, without TURN or webhooks, when nothing is set', async () => {
  const { bind_addresses, turn, webhook, keys } = await configuration({});
  expect(bind_addresses).toEqual(['127.0.0.1']);
  expect(turn).toMatchObject({ enabled: false });
  expect(webhook).toEqual({ urls: [], api_key: 'key' });
  expect(keys).toEqual({ key: 'secret' });
});

it('turns TURN on under its name, for NGINX to end its TLS', async () => {
  const { turn, bind_addresses } = await configuration({
    LIVEKIT_NODE_IP: '192.0.2.4',
    LIVEKIT_TURN_DOMAIN: 'talk.example.org',
    LIVEKIT_TURN_PORT: '15349',
  });
  expect(bind_addresses).toEqual(['0.0.0.0']);
  expect(turn).toMatchObject({
    enabled: true,
    domain: 'talk.example.org',
    tls_port: 15_349,
    external_tls: true,
    allow_restricted_peer_cidrs: ['192.0.2.4/32'],
  });
});

it('takes several addresses for webhooks', async () => {
  const urls = 'http://signaling:8080/a, http://signaling:8080/b';
  const { webhook } = await configuration({ LIVEKIT_WEBHOOK_URLS: urls });
  expect(webhook).toMatchObject({ urls: ['http://signaling:8080/a', 'http://signaling:8080/b'] });
});

it('tells signaling, where it is known', async () => {
  const { webhook } = await configuration({ UNDERSTUDY_SIGNALING: 'http://signaling:8080' });
  expect(webhook).toMatchObject({
    urls: ['http://signaling:8080/api/internal/livekit/webhook'],
  });
});

it('explains every key: each line of the template has a comment above it or above its block', () => {
  const lines = readFileSync('config/livekit.yaml', 'utf8').split('\n');
  const unexplained = lines.filter((line, at) => {
    const commentAbove = (lines[at - 1] ?? '').trim().startsWith('#');
    // A block is explained by its first key.
    const explainedBelow = line.endsWith(':') && (lines[at + 1] ?? '').trim().startsWith('#');
    return /^\s*[a-z_]+:/.test(line) && !commentAbove && !explainedBelow;
  });
  expect(unexplained).toEqual([]);
});
