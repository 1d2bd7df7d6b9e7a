/**
 * A receiver of syslog as a SIEM has one: over TLS or TCP with octet counting (RFC 5425 §4.3, RFC 6587 §3.4.1), or over UDP. It
 * reads strictly, may stop reading, and may cut every connection.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { readSyslog, type SyslogMessage } from './rfc5424.ts';

export interface SyslogReceiver {
  readonly port: number;
  readonly messages: SyslogMessage[];
  /** What broke the rules of the frame or of the grammar. */
  readonly faults: string[];
  readonly connections: number;
  /** Reads nothing from now on, or again. */
  setReading(isReading: boolean): void;
  /** Resets every connection; what came and was not read is lost, as in a crash. */
  cut(): void;
  close(): Promise<void>;
}

function frames(onMessage: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const [lead, count] = /^([1-9]\d{0,4}) /.exec(rest.toString('latin1', 0, 7)) ?? [];
      if (lead === undefined) {
        if (rest.length > 6) throw new Error(`this is no frame: ${rest.toString('utf8', 0, 40)}`);
        return;
      }
      const end = lead.length + Number(count);
      if (rest.length < end) return;
      onMessage(rest.subarray(lead.length, end));
      rest = rest.subarray(end);
    }
  };
}

export async function startSyslogReceiver(
  options: { tls?: TlsOptions; port?: number } = {},
): Promise<SyslogReceiver> {
  const messages: SyslogMessage[] = [];
  const faults: string[] = [];
  const sockets = new Set<Socket>();
  const raw = new Set<Socket>();
  let connections = 0;
  let isReading = true;
  const take = (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    if (!isReading) socket.pause();
    const read = frames((bytes) => messages.push(readSyslog(bytes)));
    socket.on('data', (chunk) => {
      try {
        read(chunk);
      } catch (error) {
        faults.push(String(error));
        socket.destroy();
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server: Server = options.tls ? createTlsServer(options.tls, take) : createServer(take);
  server.on('tlsClientError', () => undefined);
  // Beneath TLS, where a reset is one.
  server.on('connection', (socket: Socket) => {
    raw.add(socket);
    socket.on('close', () => raw.delete(socket));
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(options.port ?? 0, '127.0.0.1', done);
  });
  return {
    port: (server.address() as { port: number }).port,
    messages,
    faults,
    get connections() {
      return connections;
    },
    setReading(next) {
      isReading = next;
      for (const socket of sockets)
        if (next) socket.resume();
        else socket.pause();
    },
    cut() {
      for (const socket of raw) socket.resetAndDestroy();
    },
    async close() {
      const closed = new Promise<void>((done) => void server.close(() => done()));
      for (const socket of raw) socket.destroy();
      await closed;
    },
  };
}

export async function startUdpReceiver(): Promise<
  Pick<SyslogReceiver, 'port' | 'messages' | 'faults' | 'close'>
> {
  const messages: SyslogMessage[] = [];
  const faults: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (bytes) => {
    try {
      messages.push(readSyslog(bytes));
    } catch (error) {
      faults.push(String(error));
    }
  });
  await new Promise<void>((done) => void socket.bind(0, '127.0.0.1', done));
  return {
    port: socket.address().port,
    messages,
    faults,
    close: () => new Promise<void>((done) => void socket.close(() => done())),
  };
}
