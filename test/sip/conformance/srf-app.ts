// The real, unmodified client as an app. Its published types know only part of it, so what the tests use is
// described here once, and nowhere else is a cast needed.

import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';

export type AppMessage = {
  readonly method: string;
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  readonly source: string;
  readonly uri: string;
  get(name: string): string;
  has(name: string): boolean;
};
export type AppRequest = AppMessage & EventEmitter & { cancel(done?: (error: unknown) => void): void };
export type AppResponse = AppMessage & {
  send(status: number, ...rest: readonly unknown[]): void;
};
export type AppDialog = EventEmitter & {
  readonly id: string;
  readonly local: { readonly sdp: string };
  readonly remote: { readonly sdp: string };
  destroy(options?: { headers?: Record<string, string> }): Promise<AppRequest>;
  modify(sdp: string): Promise<string>;
  request(options: { method: string; headers?: Record<string, string>; body?: string }): Promise<AppResponse>;
};
type Handler = (req: AppRequest, res: AppResponse) => void;
export type App = EventEmitter & {
  readonly socket: Socket;
  connect(options: { host: string; port: number; secret: string }): Promise<unknown>;
  disconnect(): void;
  use(handler: (req: AppRequest, res: AppResponse, next: () => void) => void): void;
  createUAS(req: AppRequest, res: AppResponse, options: object): Promise<AppDialog>;
  createUAC(uri: string, options: object, progress?: object): Promise<AppDialog>;
  createB2BUA(
    req: AppRequest,
    res: AppResponse,
    uri: string,
    options: object,
  ): Promise<{ uas: AppDialog; uac: AppDialog }>;
  request(uri: string, options: object): Promise<AppRequest>;
} & Record<
    | 'invite'
    | 'register'
    | 'options'
    | 'message'
    | 'subscribe'
    | 'notify'
    | 'info'
    | 'bye'
    | 'refer'
    | 'publish',
    (handler: Handler) => void
  >;

export type EngineAddress = {
  readonly sipPort: number;
  readonly controlPort: number;
  readonly secret: string;
};

/** `routes` are set before connecting, so that the app is ready for calls when this returns. */
export async function connectApp(
  engine: EngineAddress,
  tags: string[] = [],
  routes: (app: App) => void = () => undefined,
): Promise<App> {
  const app = new Srf(tags) as unknown as App;
  routes(app);
  app.on('error', () => undefined);
  const connected = new Promise<void>((resolve, reject) => {
    app.once('connect', (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
  await app.connect({ host: '127.0.0.1', port: engine.controlPort, secret: engine.secret });
  await connected;
  return app;
}

/** The next time the emitter says so, within a bound. */
export function once<T>(emitter: EventEmitter, event: string, withinMs = 3000): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "${event}" within ${withinMs} ms`)), withinMs);
    emitter.once(event, (value: T) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
