/**
 * Asks the server's `GET /healthz`, and says in words which parts are not ready yet.
 */
import { get as getPlain } from 'node:http';
import { get as getOverTls } from 'node:https';
import type { Settings } from './settings.ts';

export interface Health {
  isReady: boolean;
  /** What is not ready, or why nobody answers. */
  waitingFor: string[];
}

function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, state]: [string, unknown]) => {
    const isReady = typeof state === 'object' && state !== null && 'isReady' in state ? state.isReady : state;
    return isReady === true ? [] : [name];
  });
}

export function notReadyParts(body: string): string[] {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null) return ['server'];
    const names = 'parts' in answer ? namesIn(answer.parts) : [];
    return names.length > 0 ? names : ['server'];
  } catch {
    return ['server'];
  }
}

export function loopbackOf(settings: Pick<Settings, 'bind'>): string {
  return settings.bind === '0.0.0.0' ? '127.0.0.1' : settings.bind;
}

export function askHealth(
  settings: Pick<Settings, 'bind' | 'httpPort' | 'tls'>,
  timeoutMs = 2000,
): Promise<Health> {
  return new Promise((done) => {
    const get = settings.tls ? getOverTls : getPlain;
    const request = get(
      {
        host: loopbackOf(settings),
        port: settings.httpPort,
        path: '/healthz',
        timeout: timeoutMs,
        agent: false,
        // Asked of our own port on this machine, and nothing secret is sent: the certificate is for the names of the bank's
        // network, not for a loopback address, and one that has ended is to be renewed and not to look like a dead server.
        ...(settings.tls && { rejectUnauthorized: false }),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          if (body.length < 64 * 1024) body += part;
        });
        response.on('end', () => {
          const isReady = response.statusCode === 200;
          done({ isReady, waitingFor: isReady ? [] : notReadyParts(body) });
        });
        response.on('error', () => done({ isReady: false, waitingFor: ['server'] }));
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => done({ isReady: false, waitingFor: ['server'] }));
  });
}
