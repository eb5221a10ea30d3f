import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { refuseUnkeepable } from './unkeepable-text.ts';

const look = (parts: { body?: unknown; query?: unknown; params?: unknown }): void => {
  refuseUnkeepable(parts as FastifyRequest);
};

describe('text that cannot be kept', () => {
  it.each([
    ['the character of code 0', 'a\0b'],
    ['half a pair', 'a\ud83d'],
    ['the other half', '\ude42b'],
    ['deep inside', { a: [{ b: 'x\0' }] }],
    ['a name', { 'x\0': 1 }],
  ])('is refused: %s', (_name, body) => {
    expect(() => {
      look({ body });
    }).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }) as Error);
  });

  it('is refused in the address, too', () => {
    expect(() => {
      look({ query: { cursor: '\0' } });
    }).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }) as Error);
  });

  it.each([
    ['pairs', '🙂 hej å'],
    ['bytes', Buffer.from([0, 1, 2])],
    ['nothing', undefined],
    ['a stream, which leads everywhere', Object.assign(Readable.from(['\0']), { text: 'x\0' })],
  ])('lets %s through', (_name, body) => {
    look({ body });
  });

  it('is found however deeply it is nested', () => {
    let body: unknown = 'x\0';
    for (let depth = 0; depth < 200_000; depth += 1) {
      body = [body];
    }
    expect(() => {
      look({ body });
    }).toThrow();
  });
});
