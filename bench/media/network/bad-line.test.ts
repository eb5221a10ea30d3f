/** The bad line is itself measured before anything is measured over it: datagrams are echoed across and counted. */
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BadLine, BadLineError, whyNoBadLine } from '../../../tests/network/bad-line.ts';

const run = promisify(execFile);
const missing = await whyNoBadLine();

/** Sends N datagrams of BYTES, one each EVERY ms, and prints the round trips in ms of those that came back. */
const PINGER = `
const [port, address, count, everyMs, bytes] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
const tripsMs = [];
socket.on('message', (data) => tripsMs.push(performance.now() - data.readDoubleLE(0)));
let sent = 0;
const timer = setInterval(() => {
  const data = Buffer.alloc(Number(bytes));
  data.writeDoubleLE(performance.now(), 0);
  socket.send(data, Number(port), address);
  sent += 1;
  if (sent === Number(count)) {
    clearInterval(timer);
    setTimeout(() => { console.log(JSON.stringify(tripsMs)); process.exit(); }, 1500);
  }
}, Number(everyMs));
`;

describe.skipIf(missing !== undefined)(
  `A bad line${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let line: BadLine;
    let echo: Socket;

    beforeAll(async () => {
      line = await BadLine.lay(200);
      echo = createSocket('udp4');
      echo.on('message', (data, { port, address }) => echo.send(data, port, address));
      echo.bind(0, line.nearAddress);
      await once(echo, 'listening');
    });

    afterAll(async () => {
      echo.close();
      await line.close();
    });

    beforeEach(() => line.tell('clear'));

    async function ping(count: number, everyMs: number, bytes: number): Promise<number[]> {
      const { port } = echo.address();
      const args = ['-e', PINGER, port, line.nearAddress, count, everyMs, bytes].map(String);
      const { stdout } = await run(...line.behind(process.execPath, args));
      return JSON.parse(stdout) as number[];
    }

    it('passes everything when it is told nothing', async () => {
      expect(await ping(100, 2, 500)).toHaveLength(100);
    });

    it('loses the share it is told to lose', async () => {
      const before = await line.tell('up loss 20');
      const back = await ping(500, 2, 100);
      const after = await line.tell('stats');
      // Four standard deviations about 100.
      expect(Math.abs(after.up.lost - before.up.lost - 100)).toBeLessThan(36);
      expect(back.length).toBe(500 - (after.up.lost - before.up.lost));
    });

    it('delays by what it is told, both ways', async () => {
      await line.tell('delay 60');
      const trips = await ping(20, 10, 100);
      expect(trips).toHaveLength(20);
      expect(Math.min(...trips)).toBeGreaterThanOrEqual(120);
    });

    it('drops what a slow line and its queue do not take', async () => {
      await line.tell('up rate 200');
      // 1,028 bytes each 4 ms are 2,056 kbit/s: in 0.4 s and 0.3 s of queue 17 kB get through.
      const back = await ping(100, 4, 1_000);
      expect(back.length).toBeGreaterThan(10);
      expect(back.length).toBeLessThan(25);
      expect(Math.max(...back)).toBeGreaterThan(200);
    });

    it('holds what it has during a stall and lets it go afterwards', async () => {
      const before = await line.tell('up stall 60000');
      expect(await ping(5, 10, 100)).toEqual([]);
      expect((await line.tell('stats')).up.passed).toBe(before.up.passed);
      await line.tell('clear');
      expect((await line.tell('stats')).up.passed).toBe(before.up.passed + 5);
    });

    it('says what it does not understand', async () => {
      await expect(line.tell('lose everything')).rejects.toThrow(BadLineError);
      await expect(line.tell('loss -3')).rejects.toThrow(BadLineError);
    });
  },
);
