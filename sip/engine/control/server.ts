/**
 * The control listener: loopback only, a bounded number of connections. RFC-free: our own rule is that nothing
 * outside this machine may steer the engine, so any other bind address is refused when the settings are read.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { AppConnection } from './connection.ts';
import type { ControlHandler } from './connection.ts';
import type { SecretBook } from './secret-book.ts';

const MAX_CONTROL_CONNECTIONS = 128;

export class ControlServer {
  readonly #server: Server;
  readonly #connections = new Set<AppConnection>();

  constructor(handler: ControlHandler, secrets: SecretBook) {
    this.#server = createServer((socket) => {
      if (this.#connections.size >= MAX_CONTROL_CONNECTIONS) {
        handler.onRefused('too many control connections');
        socket.destroy();
        return;
      }
      const connection = new AppConnection(socket, handler, secrets);
      this.#connections.add(connection);
      socket.on('close', () => this.#connections.delete(connection));
    });
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.removeListener('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.close();
  }
}
