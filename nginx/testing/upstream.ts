/** A server behind the door that keeps what reaches it. Upgraded connections echo. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export class Upstream {
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  readonly #upgraded = new Set<Duplex>();

  private constructor(name: string) {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.seen.push({ method, url, headers, body });
        response.setHeader('x-request-id', String(headers['x-request-id']));
        response.setHeader('x-upstream', name);
        response.setHeader('x-powered-by', 'tests');
        response.end(`${name} ${method} ${url}`);
      });
    });
    this.#server.on('upgrade', (request, socket: Duplex) => {
      const { method = '', url = '', headers } = request;
      this.seen.push({ method, url, headers, body: '' });
      this.#upgraded.add(socket);
      socket.on('error', () => socket.destroy());
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      );
      socket.pipe(socket);
    });
  }

  static async start(name: string, port = 0): Promise<Upstream> {
    const upstream = new Upstream(name);
    await new Promise<void>((resolve) => upstream.#server.listen(port, '127.0.0.1', resolve));
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${String(this.port)}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#upgraded) {
      socket.destroy();
    }
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
