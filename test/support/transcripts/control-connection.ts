// A bare control connection: frames out exactly as told, frames in exactly as they came. It plays the app
// where the real client would be too polite: wrong lengths, split frames, no authentication, no reading.

import net from 'node:net';
import { randomUUID } from 'node:crypto';
import { Arrivals } from './arrivals.ts';
import { splitFrame } from './compare.ts';

export type Frame = {
  readonly payload: string;
  readonly tokens: readonly string[];
  readonly sip: string;
  readonly atMs: number;
};

export const encodeFrame = (payload: string): Buffer => {
  const bytes = Buffer.from(payload, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length}#`), bytes]);
};

/** Cuts a byte stream into frame payloads; a length that is no number is an error. */
export class FrameReader {
  #buffer: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): string[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const payloads: string[] = [];
    for (;;) {
      const mark = this.#buffer.indexOf('#');
      if (mark < 0) return payloads;
      const size = Number(this.#buffer.subarray(0, mark).toString('latin1'));
      if (!Number.isInteger(size))
        throw new Error(`frame with a bad length: ${this.#buffer.subarray(0, mark).toString()}`);
      if (this.#buffer.length < mark + 1 + size) return payloads;
      payloads.push(this.#buffer.subarray(mark + 1, mark + 1 + size).toString('utf8'));
      this.#buffer = this.#buffer.subarray(mark + 1 + size);
    }
  }
}

export class ControlConnection {
  readonly frames = new Arrivals<Frame>();
  /** Call records come before or after the event they are about, so they have an order of their own. */
  readonly callRecords = new Arrivals<Frame>();
  readonly socket: net.Socket;
  readonly closed: Promise<void>;
  isClosed = false;
  readonly #reader = new FrameReader();

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        this.frames.end();
        this.callRecords.end();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<ControlConnection> {
    const socket = net.connect({ host: '127.0.0.1', port });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new ControlConnection(socket);
  }

  /** Opens, authenticates and registers routes, as the client does. */
  static async openApp(
    port: number,
    secret: string,
    options: { tags?: string; routes?: readonly string[] } = {},
  ): Promise<ControlConnection> {
    const connection = await ControlConnection.open(port);
    const answer = await connection.ask(['authenticate', secret, options.tags ?? '']);
    if (answer.tokens[3] !== 'OK') throw new Error(`not authenticated: ${answer.payload}`);
    for (const verb of options.routes ?? []) await connection.ask(['route', verb]);
    return connection;
  }

  send(payload: string): void {
    this.socket.write(encodeFrame(payload));
  }

  sendRaw(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** Sends a request and takes its answer out of what comes; other frames stay. */
  async ask(tokens: readonly string[], sip = '', withinMs = 2000): Promise<Frame> {
    const id = randomUUID();
    this.send(`${[id, ...tokens].join('|')}${sip === '' ? '' : `\r\n${sip}`}`);
    const answer = await this.frames.pick(
      (frame) => frame.tokens[1] === 'response' && frame.tokens[2] === id,
      withinMs,
    );
    if (answer === undefined) throw new Error(`no answer to ${tokens.join('|')} within ${withinMs} ms`);
    return answer;
  }

  /** The next `sip` frame whose message starts so. */
  async nextSip(startsWith: string, withinMs = 2000): Promise<Frame> {
    const frame = await this.frames.nextWhere(
      (f) => f.tokens[1] === 'sip' && f.sip.startsWith(startsWith),
      withinMs,
    );
    if (frame === undefined) throw new Error(`no "${startsWith}" shown to the app within ${withinMs} ms`);
    return frame;
  }

  close(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    for (const payload of this.#reader.read(chunk)) {
      const frame = { payload, ...splitFrame(payload), atMs: performance.now() };
      (frame.tokens[1]?.startsWith('cdr:') ? this.callRecords : this.frames).push(frame);
    }
  }
}
