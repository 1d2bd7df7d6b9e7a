/**
 * The certificate in force and the web servers that speak with it. The files are looked at every few seconds, and at once on
 * a signal, so that a renewed certificate is taken up without a restart; connections that stand go on. A new pair that is
 * broken, does not fit or has ended is refused and told in the log, once, and the one before stays.
 *
 * The race it stops: somebody replaces two files one after the other. In between they do not fit, which is only another pair
 * that is refused; the next look takes both.
 */
import { statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server as TlsServer } from 'node:https';
import { readTlsPair, serverTls, TlsFault } from './tls-pair.ts';
import type { CertificateFacts, TlsFiles, TlsPair } from './tls-pair.ts';

export interface TlsListenersParts {
  files: TlsFiles;
  now: () => number;
  logger: { info(fields: object, message: string): void; error(fields: object, message: string): void };
  everyMs?: number;
}

/** Whoever connects and says nothing holds a file of the process meanwhile. */
const handshakeMs = 10_000;

/** Changes with each exchange of a file, also where a link leads elsewhere. */
function markOf({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile]
    .map((file) => {
      const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
      return stat ? `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}` : 'none';
    })
    .join(' ');
}

export class TlsListeners {
  readonly #parts: TlsListenersParts;
  readonly #servers = new Set<TlsServer>();
  readonly #timer: NodeJS.Timeout;
  #pair: TlsPair;
  #mark: string;

  /** Throws TlsFault where the first pair is broken. */
  constructor(parts: TlsListenersParts) {
    this.#parts = parts;
    this.#mark = markOf(parts.files);
    this.#pair = readTlsPair(parts.files);
    const { names, untilMs } = this.#pair.facts;
    if (untilMs <= parts.now())
      parts.logger.error(
        { names, until: new Date(untilMs) },
        'the certificate has ended: browsers and televisions will refuse these pages until it is renewed',
      );
    this.#timer = setInterval(() => this.look(), parts.everyMs ?? 5_000).unref();
  }

  get facts(): CertificateFacts {
    return this.#pair.facts;
  }

  createServer(handler: RequestListener): TlsServer {
    const server = createTlsServer({ ...serverTls(this.#pair), handshakeTimeout: handshakeMs }, handler);
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    return server;
  }

  /** Takes up what changed in the files since the last look. */
  look(): void {
    const { files, logger, now } = this.#parts;
    try {
      const mark = markOf(files);
      if (mark === this.#mark) return;
      this.#mark = mark;
      const next = readTlsPair(files);
      if (next.facts.untilMs <= now()) throw new TlsFault(`the certificate in ${files.certFile} has ended`);
      for (const server of this.#servers) server.setSecureContext(serverTls(next));
      this.#pair = next;
      const { names, untilMs, fingerprint } = next.facts;
      logger.info({ names, until: new Date(untilMs), fingerprint }, 'a new certificate is in force');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error({ reason }, 'the new certificate cannot be used; the one before stays in force');
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Over TLS where there is a certificate, else plain. */
export const createWebServer = (handler: RequestListener, tls: TlsListeners | undefined): Server =>
  tls ? (tls.createServer(handler) as Server) : createServer(handler);
