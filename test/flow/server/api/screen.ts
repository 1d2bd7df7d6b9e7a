/** A live screen for tests: a real WebSocket that keeps what it was sent and applies it as a screen does. */
import { WebSocket } from 'ws';
import type { LiveMessage } from '../../../../server/contract/live.ts';
import { applyMergePatch } from '../../../../server/contract/merge-patch.ts';
import type { JsonObject } from '../../../../server/contract/merge-patch.ts';
import { until } from '../../../support/until.ts';

export interface Screen {
  socket: WebSocket;
  messages: LiveMessage[];
  tree: JsonObject | undefined;
  n: number;
  gaps: number;
  closeCode: number | undefined;
  /** HTTP status where the upgrade was refused. */
  refusedWith: number | undefined;
  has(type: LiveMessage['type']): boolean;
}

function apply(screen: Screen, message: LiveMessage): void {
  screen.messages.push(message);
  if (screen.messages.length > 2000) screen.messages.shift();
  if (message.type === 'snapshot') {
    screen.tree = message.state as unknown as JsonObject;
    screen.n = message.n;
  } else if (message.type === 'patch') {
    if (message.n !== screen.n + 1 || !screen.tree) screen.gaps += 1;
    else screen.tree = applyMergePatch(screen.tree, message.patch as JsonObject);
    screen.n = message.n;
  }
}

/** Resolves once a snapshot came, or the door was refused. */
export async function openScreen(url: string, headers: Record<string, string> = {}): Promise<Screen> {
  const socket = new WebSocket(url, { headers });
  const screen: Screen = {
    socket,
    messages: [],
    tree: undefined,
    n: 0,
    gaps: 0,
    closeCode: undefined,
    refusedWith: undefined,
    has: (type) => screen.messages.some((message) => message.type === type),
  };
  socket.on('message', (data: Buffer) => apply(screen, JSON.parse(data.toString('utf8')) as LiveMessage));
  socket.on('unexpected-response', (_req, res) => {
    screen.refusedWith = res.statusCode ?? 0;
    socket.terminate();
  });
  socket.on('error', () => undefined);
  socket.on('close', (code) => {
    screen.closeCode = code;
  });
  await until(`snapshot or refusal of ${url.split('?')[0]}`, () =>
    Boolean(screen.tree ?? screen.refusedWith ?? screen.closeCode),
  );
  return screen;
}
