/**
 * The listener for customers' browsers, apart from the one that staff use: the bank's proxy publishes this one alone. It is
 * open only while a chat, a form or a connector is in the site, and serves nothing but the widget's script and these. A port
 * that is taken is tried again: it may come free.
 */
import type { IncomingMessage, Server } from 'node:http';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import express from 'express';
import type { RequestHandler, Router } from 'express';
import type { ChannelHealth } from '../app/text/channel.ts';
import type { ChatSockets } from './chat/chat-sockets.ts';
import type { Site } from '../contract/site.ts';
import type { ErrorBody } from '../contract/rest.ts';
import { isAppError } from '../lib/app-error.ts';
import { createWebServer, type TlsListeners } from '../lib/tls-listeners.ts';

export interface PublicServerParts {
  port: number;
  bind: string;
  trustedProxyHops: number | false;
  /** Where this server speaks TLS itself. */
  tls?: TlsListeners | undefined;
  widgetDir: string;
  routers: Router[];
  sockets: ChatSockets;
  now(): number;
  logger: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}

/** Files are what a process has few of, and calls need them too. */
const maxConnections = 8_000;

const fixedHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  // Scripts and pictures stand on the bank's own pages, under its own name.
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

const retryAfterMs = 30_000;

export class PublicServer {
  readonly #parts: PublicServerParts;
  #server: Server | undefined;
  /** Why it is not open though it should be. */
  #fault: { since: number; detail: string } | undefined;
  #retry: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: PublicServerParts) {
    this.#parts = parts;
  }

  /** The port it listens on; undefined while it is closed. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' && address ? address.port : undefined;
  }

  /** One site after the other: two at once would open two listeners. */
  apply(site: Site): Promise<void> {
    const isNeeded =
      (site.widgets?.length ?? 0) + (site.forms?.length ?? 0) + (site.webhooks?.length ?? 0) > 0;
    this.#turn = this.#turn.then(() => {
      if (!isNeeded) return this.close();
      return this.#server ? undefined : this.#open();
    });
    return this.#turn;
  }

  health(): ChannelHealth {
    if (this.#fault) return { state: 'down', ...this.#fault };
    return { state: this.#server ? 'up' : 'off' };
  }

  async #open(): Promise<void> {
    const { port, bind, sockets, logger, tls } = this.#parts;
    clearTimeout(this.#retry);
    const server = createWebServer(this.#app(), tls);
    server.headersTimeout = 10_000;
    server.requestTimeout = 60_000;
    server.keepAliveTimeout = 15_000;
    server.maxHeadersCount = 100;
    server.maxConnections = maxConnections;
    server.on('upgrade', (req: IncomingMessage, socket, head) => {
      if (req.url?.split('?')[0] === '/chat/socket') sockets.upgrade(req, socket, head);
      else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    try {
      await new Promise<void>((done, failed) => {
        server.once('error', failed);
        server.listen(port, bind, done);
      });
    } catch (err) {
      // The site changed meanwhile, and that opening held.
      if (this.#server) return;
      // Calls and desks go on; /healthz and the log say it.
      logger.error({ err, port }, 'the listener for customers could not be opened');
      const code = err instanceof Error && 'code' in err ? String(err.code) : 'unknown';
      this.#fault ??= { since: this.#parts.now(), detail: `port ${port} cannot be opened (${code})` };
      this.#retry = setTimeout(() => {
        if (!this.#server) void this.#open();
      }, retryAfterMs).unref();
      return;
    }
    server.on('error', (err) => logger.error({ err }, 'listener for customers'));
    this.#server = server;
    this.#fault = undefined;
    logger.info({ port: this.port }, 'chats and forms are open');
  }

  #app(): express.Express {
    const { routers, widgetDir, trustedProxyHops, logger, tls } = this.#parts;
    const headers = { ...fixedHeaders, ...(tls && { 'Strict-Transport-Security': 'max-age=31536000' }) };
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.set('trust proxy', trustedProxyHops);
    app.use((_req, res, next) => {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
      next();
    });
    app.get('/chat/widget.js', widgetScript(join(widgetDir, 'widget.js')));
    app.use(
      '/chat',
      express.static(widgetDir, {
        index: false,
        redirect: false,
        dotfiles: 'ignore',
        extensions: ['html'],
        setHeaders: (res) => void res.setHeader('Cache-Control', 'no-cache'),
      }),
    );
    for (const router of routers) app.use(router);
    app.use((_req, res) => {
      res
        .status(404)
        .json({ error: { code: 'not-found', message: 'there is nothing here' } } satisfies ErrorBody);
    });
    // Express knows an error handler by its four parameters.
    app.use((error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) =>
      answerError(error, res, logger),
    );
    return app;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#fault = undefined;
    clearTimeout(this.#retry);
    if (!server) return;
    const closed = new Promise<void>((done) => void server.close(() => done()));
    server.closeAllConnections();
    // Sockets of chats are none of its connections any more, and yet it is not closed before they are gone.
    await this.#parts.sockets.close();
    await closed;
  }
}

/** The one script of the widget, packed once for the browsers that can unpack it. */
function widgetScript(file: string): RequestHandler {
  let packed: { plain: Buffer; gzip: Buffer } | undefined;
  return (req, res, next) => {
    try {
      const plain = packed?.plain ?? readFileSync(file);
      packed ??= { plain, gzip: gzipSync(plain, { level: 9 }) };
    } catch {
      // Not built: there is nothing to send.
      return next();
    }
    const isPacked = req.acceptsEncodings('gzip') === 'gzip';
    res.setHeader('Content-Type', 'text/javascript; charset=utf-8');
    res.setHeader('Cache-Control', 'public, max-age=300');
    res.setHeader('Vary', 'Accept-Encoding');
    if (isPacked) res.setHeader('Content-Encoding', 'gzip');
    res.end(isPacked ? packed.gzip : packed.plain);
  };
}

function answerError(error: unknown, res: express.Response, logger: PublicServerParts['logger']): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.setHeader('Cache-Control', 'no-store');
  if (isAppError(error)) {
    const details = error.details as Record<string, unknown> | undefined;
    if (typeof details?.['retryInSec'] === 'number')
      res.setHeader('Retry-After', String(details['retryInSec']));
    res.status(error.status).json({
      error: { code: error.code, message: error.message, ...(details && { details }) },
    } satisfies ErrorBody);
    return;
  }
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 0;
  const isTheirs = status >= 400 && status < 500;
  if (!isTheirs) logger.error({ err: error }, 'a request of a customer failed');
  const code = status === 413 ? 'payload-too-large' : isTheirs ? 'bad-request' : 'not-ready';
  const message = isTheirs
    ? 'the request could not be read'
    : 'this cannot be done at the moment; try again soon';
  res.status(isTheirs ? status : 503).json({ error: { code, message } } satisfies ErrorBody);
}
