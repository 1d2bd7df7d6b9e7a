/**
 * A typed face on drachtio-srf. Only its request and response layer is used, keyed by dialogId: no
 * Srf.Dialog objects, so that a restarted process goes on with a call knowing nothing but its dialogId,
 * and a lost control connection pins no request to a dead socket. Its own typings leave most of this out.
 */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';

export interface SipHeaders {
  [name: string]: string;
}
export interface NameAddr {
  name?: string;
  uri: string;
  params: Record<string, string | undefined>;
}
export interface SipMessage {
  body?: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
  getParsedHeader(name: string): unknown;
}
export interface SipRequest extends SipMessage, EventEmitter {
  method: string;
  uri: string;
  source: 'network' | 'application';
  source_address: string;
  source_port: number;
  protocol: string;
  receivedOn?: string;
  stackTxnId: string;
  stackDialogId?: string;
  cancel(options: { headers?: SipHeaders }, done: (error?: Error) => void): void;
}
export interface SendOptions {
  headers?: SipHeaders;
  body?: string;
}
export interface SipResponse extends SipMessage {
  status: number;
  reason: string;
  stackDialogId?: string;
  send(status: number, options?: SendOptions, done?: (error: unknown, sent?: SipMessage) => void): void;
  send(
    status: number,
    reason: string,
    options?: SendOptions,
    done?: (error: unknown, sent?: SipMessage) => void,
  ): void;
}
export type Acknowledge = (options?: { body?: string }) => void;
export interface OutgoingRequest extends SipRequest {
  on(event: 'response', listener: (res: SipResponse, ack: Acknowledge) => void): this;
}
export interface RequestOptions {
  uri?: string;
  method: string;
  headers?: SipHeaders;
  body?: string;
  proxy?: string;
  stackDialogId?: string;
  /** Answers a digest challenge. */
  auth?: { username: string; password: string };
}
type Handler = (req: SipRequest, res: SipResponse, next: () => void) => void;

/** The part of an Srf instance that call control needs. */
export interface SrfClient extends EventEmitter {
  connect(options: { host: string; port: number; secret: string; reconnect?: object }): void;
  disconnect(): void;
  use(handler: Handler): void;
  use(method: string, handler: Handler): void;
  request(options: RequestOptions, done: (error: SrfError | null, req?: OutgoingRequest) => void): void;
}
export interface SrfError extends Error {
  code?: string;
}

/** Shape of the parts of Srf that its typings do not declare. */
interface SrfInternals extends EventEmitter {
  app: {
    use(...args: unknown[]): void;
    client: {
      wp: { socket?: Socket };
      request(options: RequestOptions, done: (e: SrfError | null, r?: OutgoingRequest) => void): void;
    };
    disconnect(): void;
  };
  connect(options: object): unknown;
}

/**
 * The library writes each frame by itself: a system call each, and a quarter of a busy server's time. What one turn of
 * the event loop says travels together instead; order is kept, and the delay is that of the turn.
 */
function gatherWrites(socket: Socket | undefined): void {
  if (!socket || socket.destroyed) return;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isCorked = false;
  const gathered = (...args: unknown[]): boolean => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      setImmediate(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  socket.write = gathered as typeof socket.write;
}

export function createSrf(tag: string): SrfClient {
  const srf = new Srf([tag]) as unknown as SrfInternals;
  srf.on('connect', () => gatherWrites(srf.app.client.wp.socket));
  return Object.assign(Object.create(srf) as SrfClient, {
    connect: (options: object) => void srf.connect(options),
    disconnect: () => srf.app.disconnect(),
    use: (...args: unknown[]) => srf.app.use(...args),
    request: (options: RequestOptions, done: (e: SrfError | null, r?: OutgoingRequest) => void) => {
      try {
        srf.app.client.request(options, done);
      } catch (error) {
        // Without a connection the library throws where it should call back: what hangs up must not fall over it.
        setImmediate(() => done(error as SrfError));
      }
    },
    on: srf.on.bind(srf),
  });
}
