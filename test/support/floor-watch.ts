/** A signed-in administrator of a running stack who watches the floor over the real WebSocket, and comes back to it. */
import { WebSocket } from 'ws';
import type { FloorState, LiveMessage } from '../../server/contract/live.ts';
import { applyMergePatch, type JsonObject } from '../../server/contract/merge-patch.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

export interface FloorWatch {
  /** A fresh socket: the floor as it is at this moment. Rejects while the server is away. */
  floor(): Promise<FloorState>;
  /** The same, asked again until the server answers. */
  floorWithin(boundMs: number): Promise<FloorState>;
  get(path: string): Promise<Response>;
  send(method: 'POST' | 'PUT', path: string, body: unknown): Promise<Response>;
  /** Anew: sessions are gone with what Redis had. */
  signIn(): Promise<void>;
}

export const floorAdmin = { username: 'ada', password: 'quiet-harbour-lantern' };

export async function watchFloor(stack: Stack): Promise<FloorWatch> {
  const origin = stack.httpUrl;
  const headers: Record<string, string> = { origin, 'content-type': 'application/json' };
  const send: FloorWatch['send'] = (method, path, body) => {
    const request = { method, headers, body: JSON.stringify(body) };
    return fetch(`${origin}${path}`, request);
  };
  const enter = async (path: string, body: object) => {
    const answer = await send('POST', path, body);
    if (!answer.ok) throw new Error(`no administrator: ${answer.status} ${await answer.text()}`);
    headers['cookie'] = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    headers['x-hearthline-csrf'] = ((await answer.json()) as { csrfToken: string }).csrfToken;
  };
  await enter('/api/setup', { secret: stack.setupSecret(), ...floorAdmin });

  const floor = async () => {
    const answer = await fetch(`${origin}/api/live-ticket`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ scope: 'floor' }),
      signal: AbortSignal.timeout(2000),
    });
    if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
    const { ticket } = (await answer.json()) as { ticket: string };
    return snapshotOf(`${origin.replace('http', 'ws')}/ws/floor?ticket=${ticket}`, origin);
  };
  return {
    floor,
    async floorWithin(boundMs) {
      let seen: FloorState | undefined;
      await until(
        'the floor is back on screens',
        async () => {
          // Asked seldom: what is waited for may need the processor more than we do.
          seen = await floor().catch(() => new Promise<undefined>((wake) => setTimeout(wake, 50)));
          return seen !== undefined;
        },
        boundMs,
      );
      return seen!;
    },
    get: (path) => fetch(`${origin}${path}`, { headers }),
    send,
    signIn: () => enter('/api/session', floorAdmin),
  };
}

function snapshotOf(url: string, origin: string): Promise<FloorState> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers: { origin }, handshakeTimeout: 2000 });
    const timer = setTimeout(() => socket.terminate(), 3000);
    let tree: JsonObject | undefined;
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Error('the socket was closed'));
    });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as LiveMessage;
      if (message.type === 'snapshot') tree = message.state as unknown as JsonObject;
      else if (message.type === 'patch' && tree) tree = applyMergePatch(tree, message.patch as JsonObject);
      if (!tree) return;
      resolve(tree as unknown as FloorState);
      socket.terminate();
    });
  });
}
