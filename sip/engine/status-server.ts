/**
 * Health, metrics, the ids of the calls that are up (`/dialogs`, `/dialogs?tag=<app>`) and to whom something was sent
 * (`/connections`) over HTTP on a Unix socket: readable by who may open the file, by nobody else. It changes nothing.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { LedgerReport } from '../../ledger/connection-ledger.ts';

export interface StatusSource {
  health(): Record<string, unknown>;
  metrics(): string;
  /** Ids of the dialogs of calls that are up; `tag`: only those of that app. */
  dialogs(tag: string | undefined): string[];
  /** To whom this process has sent what. */
  connections(): Promise<LedgerReport>;
}

const base = 'http://engine';

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
