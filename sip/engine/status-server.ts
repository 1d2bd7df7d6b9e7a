/**
 * Health and metrics over HTTP on a Unix socket: readable by who may open the file, by nobody else.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';

export interface StatusSource {
  health(): Record<string, unknown>;
  metrics(): string;
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
    if (request.method === 'GET' && request.url === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(source.health()));
    } else if (request.method === 'GET' && request.url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(source.metrics());
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
