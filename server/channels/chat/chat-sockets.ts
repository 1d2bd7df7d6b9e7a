/**
 * The chat's sockets (contract/chat.ts): `hello` first, within ten seconds; frames bounded in size and rate; one that says
 * nothing for 45 s is closed, and comes back. What a frame asks for is done in the order in which it came, and nothing of a
 * socket after a frame that failed.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { type ChatFrame, type ChatRequest, chatRequestSchema, maxLineLength } from '../../contract/chat.ts';
import type { ChatChannel } from './chat-channel.ts';
import type { ChatSocket, LiveChat } from './live-chat.ts';

/** `pending`: frames of one socket that wait their turn. */
export const chatSocketLimits = {
  helloWithinMs: 10_000,
  silentAfterMs: 45_000,
  framesPerSec: 20,
  frameBurst: 40,
  frameBytes: 16_384 + 4 * maxLineLength,
  sockets: 5_000,
  pending: 50,
};
const { helloWithinMs, silentAfterMs, framesPerSec, frameBurst } = chatSocketLimits;
const lookEveryMs = 5_000;

interface Line {
  socket: WebSocket;
  face: ChatSocket;
  chat?: LiveChat;
  openedAt: number;
  heardAt: number;
  tokens: number;
  tokensAt: number;
  pending: number;
  turn: Promise<void>;
  /** A frame failed: those behind it would be kept before it, since the widget says it again by its next socket. */
  isBroken: boolean;
}

export interface ChatSockets {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

export function createChatSockets(
  chat: ChatChannel,
  parts: {
    isAllowed(origin: string | undefined, host: string | undefined): boolean;
    now(): number;
    logger: { warn(fields: object, message: string): void };
  },
): ChatSockets {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: chatSocketLimits.frameBytes,
    handleProtocols: (offered) => (offered.has('hearthline-chat') ? 'hearthline-chat' : false),
  });
  const lines = new Set<Line>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const line of lines) {
      const isLate = !line.chat && now - line.openedAt > helloWithinMs;
      if (isLate || now - line.heardAt > silentAfterMs) line.socket.terminate();
    }
  }, lookEveryMs);
  timer.unref();

  const drop = (line: Line) => {
    lines.delete(line);
    if (line.chat) chat.leave(line.chat, line.face);
  };
  const tell = (line: Line, frame: ChatFrame) => line.face.send(JSON.stringify(frame));

  const carryOut = async (line: Line, request: ChatRequest): Promise<void> => {
    if (request.type === 'hello') {
      if (line.chat) return line.socket.close(1008, 'hello twice');
      const found = await chat.open(request.token);
      if (!found) return tell(line, { type: 'gone' });
      if (line.socket.readyState !== line.socket.OPEN) return;
      line.chat = found;
      return chat.join(found, line.face, request.after);
    }
    if (request.type === 'ping') return tell(line, { type: 'pong', id: request.id, serverAt: parts.now() });
    if (!line.chat) return line.socket.close(1008, 'say hello first');
    if (request.type === 'typing') return chat.typing(line.chat);
    if (request.type === 'end') return chat.end(line.chat, 'customer');
    const { clientId } = request;
    const said = await chat.say(line.chat, request);
    if ('seq' in said) tell(line, { type: 'ack', clientId, seq: said.seq });
    else tell(line, { type: 'nack', clientId, reason: said.refused });
  };

  const receive = (line: Line, data: unknown, isBinary: boolean) => {
    const now = performance.now();
    line.heardAt = now;
    line.tokens = Math.min(frameBurst, line.tokens + ((now - line.tokensAt) / 1000) * framesPerSec) - 1;
    line.tokensAt = now;
    const request = isBinary ? undefined : requestOf(String(data));
    if (!request || line.tokens < 0 || line.pending >= chatSocketLimits.pending)
      return line.socket.close(1008, 'not understood');
    line.pending += 1;
    line.turn = line.turn
      .then(() => (line.isBroken ? undefined : carryOut(line, request)))
      .catch((err: unknown) => {
        line.isBroken = true;
        // Not acknowledged, so the widget says it again.
        parts.logger.warn({ err }, 'a frame of a chat could not be carried out');
        line.socket.close(1011, 'try again');
      })
      .finally(() => {
        line.pending -= 1;
      });
  };

  return {
    upgrade(req, socket, head) {
      socket.on('error', () => socket.destroy());
      if (lines.size >= chatSocketLimits.sockets || !parts.isAllowed(req.headers.origin, req.headers.host)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      server.handleUpgrade(req, socket, head, (live) => {
        const now = performance.now();
        const line: Line = {
          socket: live,
          face: faceOf(live),
          openedAt: now,
          heardAt: now,
          tokens: frameBurst,
          tokensAt: now,
          pending: 0,
          turn: Promise.resolve(),
          isBroken: false,
        };
        lines.add(line);
        live.on('error', () => live.terminate());
        live.on('close', () => drop(line));
        live.on('message', (data, isBinary) => receive(line, data, isBinary));
      });
    },
    close() {
      clearInterval(timer);
      for (const { socket } of lines) socket.close(1012, 'restart');
      server.close();
    },
  };
}

const faceOf = (live: WebSocket): ChatSocket => ({
  get bufferedAmount() {
    return live.bufferedAmount;
  },
  send: (text) => {
    if (live.readyState === live.OPEN) live.send(text);
  },
  close: (code, reason) => live.close(code, reason),
});

function requestOf(text: string): ChatRequest | undefined {
  try {
    const parsed = chatRequestSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
