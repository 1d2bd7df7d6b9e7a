/**
 * Asks the server's `GET /healthz`, and says in words what is not ready yet. Whatever the answer's shape,
 * it names parts: a list `notReady`, or a record of checks whose bad ones count.
 */
import { get } from 'node:http';
import type { Settings } from './settings.ts';

export interface Health {
  isReady: boolean;
  /** What is not ready, or why nobody answers. */
  waitingFor: string[];
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value))
    return value.flatMap((entry: unknown) => {
      if (typeof entry === 'string') return [entry];
      if (typeof entry !== 'object' || entry === null) return [];
      const name = 'name' in entry ? entry.name : 'part' in entry ? entry.part : undefined;
      return typeof name === 'string' ? [name] : [];
    });
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, state]: [string, unknown]) =>
    state === true || state === 'ok' || state === 'ready' || typeof state === 'number' ? [] : [name],
  );
}

export function notReadyParts(body: string): string[] {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null) return ['server'];
    for (const key of ['notReady', 'waitingFor', 'parts', 'checks'])
      if (key in answer) return namesIn((answer as Record<string, unknown>)[key]);
    return ['server'];
  } catch {
    return ['server'];
  }
}

export function loopbackOf(settings: Pick<Settings, 'bind'>): string {
  return settings.bind === '0.0.0.0' ? '127.0.0.1' : settings.bind;
}

export function askHealth(settings: Pick<Settings, 'bind' | 'httpPort'>, timeoutMs = 2000): Promise<Health> {
  return new Promise((done) => {
    const request = get(
      {
        host: loopbackOf(settings),
        port: settings.httpPort,
        path: '/healthz',
        timeout: timeoutMs,
        agent: false,
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
