// A bare SIP endpoint on UDP: sends what it is given, keeps what it gets. No retransmission, no automatic
// answers; the test decides everything.

import dgram from 'node:dgram';
import { Arrivals } from './arrivals.ts';
import { parseSipText, type SipText } from './sip-text.ts';

export type Datagram = { readonly text: string; readonly atMs: number; readonly port: number };

export class SipEndpoint {
  readonly arrivals = new Arrivals<Datagram>();
  readonly port: number;
  readonly #socket: dgram.Socket;
  readonly #enginePort: number;

  private constructor(socket: dgram.Socket, enginePort: number) {
    this.#socket = socket;
    this.#enginePort = enginePort;
    this.port = socket.address().port;
    socket.on('error', () => undefined);
    socket.on('message', (bytes, from) => {
      this.arrivals.push({ text: bytes.toString('utf8'), atMs: performance.now(), port: from.port });
    });
  }

  static async open(enginePort: number): Promise<SipEndpoint> {
    const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new SipEndpoint(socket, enginePort);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  send(message: string | Buffer): void {
    this.#socket.send(message, this.#enginePort, '127.0.0.1');
  }

  /** The next message that starts so; others met on the way are lost. */
  async next(startsWith: string, withinMs = 2000): Promise<SipText> {
    const found = await this.arrivals.nextWhere((datagram) => datagram.text.startsWith(startsWith), withinMs);
    if (found === undefined) throw new Error(`no "${startsWith}" at the endpoint within ${withinMs} ms`);
    return parseSipText(found.text);
  }

  close(): void {
    this.#socket.close();
    this.arrivals.end();
  }
}
