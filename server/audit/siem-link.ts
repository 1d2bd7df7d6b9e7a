/**
 * One connection to the receiver of syslog: over TLS (RFC 5425), TCP (RFC 6587, octet counting) or UDP (RFC 5426). None of them
 * has an answer that says "I have it": what can be known is that the kernel took the bytes, and over TCP that the kernel of the
 * other side has acknowledged them, which Linux tells in /proc. A receiver that takes nothing for a minute is cut off.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, isIPv6 } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { syslogPort, type SiteSyslog } from '../contract/site-syslog.ts';
import { octetCounted } from './syslog-format.ts';

export interface SiemLink {
  /** Resolves when the kernel has it; rejects when the link is gone, or takes nothing. */
  send(message: string): Promise<void>;
  /** Has everything that was sent been acknowledged by the other machine? Undefined where that cannot be known. */
  isAcknowledged(): boolean | undefined;
  /** Why it is gone; undefined while it stands. */
  readonly fault: Error | undefined;
  close(): void;
}

export interface SecretBytes {
  bytes(name: string): Promise<Buffer>;
}

const connectMs = 10_000;
const stallMs = 60_000;
const keepAliveMs = 30_000;

const bare = (host: string): string => host.replace(/^\[|\]$/g, '');

/** Of our own connection, in the table of the kernel (proc(5), tcp: `tx_queue`). */
function unacknowledgedBytes(socket: Socket): number | undefined {
  const hex = (port: number | undefined) => (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const ends = [hex(socket.localPort), hex(socket.remotePort)];
  try {
    for (const file of ['/proc/self/net/tcp', '/proc/self/net/tcp6'])
      for (const line of readFileSync(file, 'latin1').split('\n')) {
        const [, local, remote, , queues] = line.trim().split(/\s+/);
        if (local?.split(':')[1] === ends[0] && remote?.split(':')[1] === ends[1])
          return Number.parseInt(queues!.split(':')[0]!, 16);
      }
  } catch {
    // Hidden from this process.
  }
  return undefined;
}

class StreamLink implements SiemLink {
  readonly #socket: Socket;
  #fault: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setTimeout(0);
    socket.setKeepAlive(true, keepAliveMs);
    // A receiver has nothing to say; unread, its bytes would hold up the news that it is gone.
    socket.resume();
    socket.on('error', (error) => (this.#fault ??= error));
    socket.on('end', () => socket.destroy());
    socket.on('close', () => (this.#fault ??= new Error('the receiver closed the connection')));
  }

  get fault(): Error | undefined {
    return this.#fault;
  }

  send(message: string): Promise<void> {
    return new Promise((done, fail) => {
      if (this.#fault) return fail(this.#fault);
      const stalled = setTimeout(
        () => this.#socket.destroy(new Error(`the receiver took nothing for ${stallMs / 1000} s`)),
        stallMs,
      );
      const closed = () => {
        clearTimeout(stalled);
        fail(this.#fault ?? new Error('the connection is gone'));
      };
      this.#socket.once('close', closed);
      this.#socket.write(octetCounted(message), (error) => {
        clearTimeout(stalled);
        this.#socket.off('close', closed);
        if (error) fail(error);
        else done();
      });
    });
  }

  isAcknowledged(): boolean | undefined {
    const bytes = this.#socket.writableLength + (unacknowledgedBytes(this.#socket) ?? Number.NaN);
    return Number.isNaN(bytes) ? undefined : bytes === 0;
  }

  close(): void {
    this.#socket.end();
    // Who does not answer the end is not waited for.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }
}

function openStream(socket: Socket, readyEvent: 'connect' | 'secureConnect'): Promise<SiemLink> {
  return new Promise((done, fail) => {
    socket.setTimeout(connectMs, () => socket.destroy(new Error('the receiver did not answer')));
    socket.once('error', fail);
    socket.once(readyEvent, () => {
      socket.off('error', fail);
      done(new StreamLink(socket));
    });
  });
}

async function tlsOptions(target: SiteSyslog, secrets: SecretBytes): Promise<ConnectionOptions> {
  const host = bare(target.host);
  const { ca, certificate, key, serverName } = target;
  const name = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    port: syslogPort(target),
    minVersion: 'TLSv1.2',
    ...(name !== undefined && { servername: name }),
    ...(ca !== undefined && { ca: await secrets.bytes(ca) }),
    ...(certificate !== undefined && { cert: await secrets.bytes(certificate) }),
    ...(key !== undefined && { key: await secrets.bytes(key) }),
  };
}

function openDatagrams(target: SiteSyslog): Promise<SiemLink> {
  const host = bare(target.host);
  return new Promise((done, fail) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let fault: Error | undefined;
    let isClosed = false;
    socket.once('error', fail);
    socket.connect(syslogPort(target), host, () => {
      socket.off('error', fail);
      socket.on('error', (error) => (fault ??= error));
      done({
        send: (message) =>
          new Promise((sent, failed) => {
            if (fault) return failed(fault);
            socket.send(message, (error) => (error ? failed(error) : sent()));
          }),
        isAcknowledged: () => undefined,
        get fault() {
          return fault;
        },
        close() {
          // Asked by who stops it, and by who is done with it.
          if (!isClosed) socket.close();
          isClosed = true;
        },
      });
    });
  });
}

export async function openSiemLink(target: SiteSyslog, secrets: SecretBytes): Promise<SiemLink> {
  const { transport } = target;
  if (transport === 'udp') return openDatagrams(target);
  if (transport === 'tls') return openStream(connectTls(await tlsOptions(target, secrets)), 'secureConnect');
  return openStream(connectTcp({ host: bare(target.host), port: syslogPort(target) }), 'connect');
}
