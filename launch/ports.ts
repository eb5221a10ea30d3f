/** Checks that a port is free before anything starts, so that the message can say which setting to change. */
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
import { LaunchProblem } from './problem.ts';

export interface PortUse {
  port: number;
  /** Environment variable that moves it. */
  variable: string;
  protocol: 'tcp' | 'udp';
}

/** Throws LaunchProblem naming the first port that is taken. */
export async function requireFreePorts(uses: readonly PortUse[], host: string): Promise<void> {
  for (const use of uses) {
    const free =
      use.protocol === 'tcp' ? await tcpFree(use.port, host) : await udpFree(use.port, host);
    if (!free) {
      throw new LaunchProblem(
        `Port ${String(use.port)} is taken by another program. Stop that program, or choose another port: ${use.variable}=${String(use.port + 10)} npm start`,
      );
    }
  }
}

function tcpFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

function udpFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });
}
