/**
 * The control socket: JSON lines from several clients, answers and events back, one write per client and turn.
 * It checks what comes in and hands it to the switchboard; it knows nothing of sessions.
 * A client that sends garbage gets an error, one that floods or does not read is cut off.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { LIMITS, parseRequest, type MediaAnswer, type MediaEvent, type MediaRequest } from '../protocol.ts';
import { listenOnUnixSocket } from './unix-socket.ts';

const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
const MAX_CLIENTS = 64;

export interface ControlHandler {
  onRequest(client: ControlClient, id: number, request: MediaRequest): void;
  onClientGone(client: ControlClient): void;
  onClientsChanged(count: number): void;
}

export class ControlClient {
  hasSaidHello = false;
  isGone = false;
  private readonly socket: Socket;
  private readonly server: ControlServer;
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private outbox = '';

  constructor(socket: Socket, server: ControlServer) {
    this.socket = socket;
    this.server = server;
    socket.on('data', (data: Buffer) => this.onData(data));
    socket.on('error', () => undefined);
    socket.on('close', () => server.remove(this));
  }

  private onData(data: Buffer): void {
    const text = this.rest + this.decoder.write(data);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      if (end - start > LIMITS.lineBytes) break;
      if (end > start) this.onLine(text.slice(start, end));
      start = end + 1;
    }
    this.rest = text.slice(start);
    if (this.rest.length > LIMITS.lineBytes) {
      this.send({ id: 0, ok: false, code: 'bad-request', message: 'the line is too long' });
      this.flush();
      this.socket.destroySoon();
      this.rest = '';
    }
  }

  private onLine(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.send({ id: 0, ok: false, code: 'bad-request', message: 'not JSON' });
      return;
    }
    const parsed = parseRequest(value);
    if (parsed.ok) this.server.handler.onRequest(this, parsed.id, parsed.request);
    else this.send(parsed);
  }

  send(message: MediaAnswer | MediaEvent): void {
    if (this.outbox === '') this.server.toFlush.push(this);
    this.outbox += `${JSON.stringify(message)}\n`;
    this.server.scheduleFlush();
  }

  flush(): void {
    if (this.outbox === '' || this.socket.destroyed) return;
    this.socket.write(this.outbox);
    this.outbox = '';
    if (this.socket.writableLength > MAX_UNSENT_BYTES) this.socket.destroy();
  }

  end(): void {
    this.flush();
    this.socket.end();
  }
}

export class ControlServer {
  readonly handler: ControlHandler;
  toFlush: ControlClient[] = [];
  private readonly server: Server;
  private readonly clients = new Set<ControlClient>();
  private isFlushScheduled = false;

  constructor(handler: ControlHandler) {
    this.handler = handler;
    this.server = createServer((socket) => {
      if (this.clients.size >= MAX_CLIENTS) {
        socket.destroy();
        return;
      }
      this.clients.add(new ControlClient(socket, this));
      handler.onClientsChanged(this.clients.size);
    });
  }

  listen(path: string): Promise<void> {
    return listenOnUnixSocket(this.server, path);
  }

  remove(client: ControlClient): void {
    this.clients.delete(client);
    client.isGone = true;
    this.handler.onClientGone(client);
    this.handler.onClientsChanged(this.clients.size);
  }

  get clientCount(): number {
    return this.clients.size;
  }

  scheduleFlush(): void {
    if (this.isFlushScheduled) return;
    this.isFlushScheduled = true;
    setImmediate(() => {
      this.isFlushScheduled = false;
      const clients = this.toFlush;
      this.toFlush = [];
      for (const client of clients) client.flush();
    });
  }

  broadcast(event: MediaEvent): void {
    for (const client of this.clients) if (client.hasSaidHello) client.send(event);
  }

  close(): void {
    this.server.close();
    for (const client of this.clients) client.end();
  }
}
