/**
/**
 * Health, metrics, the ids of the calls that are up (`/dialogs`, `/dialogs?tag=<app>`) and to whom something was sent
 * (`/connections`) over HTTP on a Unix socket: readable by who may open the file, by nobody else. It changes nothing but, for who
 * knows the control secret, that secret (`POST /control-secret`, `{"known", "next"}`): so it is exchanged while calls go on.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { LedgerReport } from '../system/ledger/connection-ledger.ts';

export interface StatusSource {
  health(): Record<string, unknown>;
  metrics(): string;
  /** Ids of the dialogs of calls that are up; `tag`: only those of that app. */
  dialogs(tag: string | undefined): string[];
  rotateSecret(known: string, next: string): 'rotated' | 'wrong-secret' | 'bad-secret';
  /** To whom this process has sent what. */
  connections(): Promise<LedgerReport>;
}

const base = 'http://engine';

const maxBodyBytes = 4096;
const statuses = { rotated: 204, 'wrong-secret': 403, 'bad-secret': 400 } as const;

function readSecrets(body: string): { known: string; next: string } | undefined {
  try {
    const { known, next } = JSON.parse(body) as { known?: unknown; next?: unknown };
    return typeof known === 'string' && typeof next === 'string' ? { known, next } : undefined;
  } catch {
    return undefined;
  }
}

function rotate(source: StatusSource, request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (part: string) => {
    body += part;
    if (body.length > maxBodyBytes) request.destroy();
  });
  request.on('end', () => {
    const secrets = readSecrets(body);
    const outcome = secrets ? source.rotateSecret(secrets.known, secrets.next) : 'bad-secret';
    response.writeHead(statuses[outcome]).end();
  });
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Nothing was left behind by an earlier run.
  }
}

export function startStatusServer(path: string, source: StatusSource): Promise<Server> {
  removeStale(path);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', base);
    if (request.method === 'GET' && pathname === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(source.health()));
    } else if (request.method === 'GET' && pathname === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(source.metrics());
    } else if (request.method === 'GET' && pathname === '/dialogs') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ dialogs: source.dialogs(searchParams.get('tag') ?? undefined) }));
    } else if (request.method === 'POST' && pathname === '/control-secret') {
      rotate(source, request, response);
    } else if (request.method === 'GET' && pathname === '/connections') {
      void source.connections().then((report) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(report));
      });
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      chmodSync(path, 0o660);
      resolve(server);
    });
  });
}
