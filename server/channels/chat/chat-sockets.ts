/**
 * The chat's sockets (contract/chat.ts): `hello` first, within ten seconds; frames bounded in size and rate; one that says
 * nothing for 45 s is closed, and comes back. What a frame asks for is done in the order in which it came, and nothing of a
 * socket after a frame that failed.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';
import {
  type ChatFrame,
  type ChatRequest,
  chatRequestSchema,
  clientIdSchema,
  maxLineLength,
} from '../../contract/chat.ts';
import { addressKey } from '../../lib/network.ts';
import type { ChatChannel, LineRefusal } from './chat-channel.ts';
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
/** A browser that does not answer our goodbye is not waited for longer. */
const goodbyeWithinMs = 1_000;
/** Many customers may come from one address, but no address is everybody. */
const maxSocketsOfAddress = 500;
/** Tokens that one socket may try. */
const maxHellos = 3;

interface Line {
  socket: WebSocket;
  face: ChatSocket;
  chat?: LiveChat;
  openedAt: number;
  heardAt: number;
  tokens: number;
  tokensAt: number;
  pending: number;
  hellos: number;
  address: string;
  turn: Promise<void>;
  /** A frame failed: those behind it would be kept before it, since the widget says it again by its next socket. */
  isBroken: boolean;
}

export interface ChatSockets {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends all that are open with 1001; the widgets come back. Resolves when they are gone: within a second. */
  close(): Promise<void>;
}

export function createChatSockets(
  chat: ChatChannel,
  parts: {
    isAllowed(origin: string | undefined, host: string | undefined): boolean;
    /** Proxies before us that say truly where a request came from. */
    trustedProxyHops: number;
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

  const ofAddress = new Map<string, number>();
  const drop = (line: Line) => {
    if (!lines.delete(line)) return;
    const others = (ofAddress.get(line.address) ?? 1) - 1;
    if (others > 0) ofAddress.set(line.address, others);
    else ofAddress.delete(line.address);
    if (line.chat) chat.leave(line.chat, line.face);
  };
  const tell = (line: Line, frame: ChatFrame) => line.face.send(JSON.stringify(frame));

  const carryOut = async (line: Line, request: ChatRequest): Promise<void> => {
    if (request.type === 'hello') {
      line.hellos += 1;
      if (line.chat || line.hellos > maxHellos) return line.socket.close(1008, 'hello again');
      const found = await chat.open(request.token);
      if (!found) return tell(line, { type: 'gone' });
      if (line.socket.readyState !== line.socket.OPEN) return;
      if (chat.join(found, line.face, request.after)) line.chat = found;
      else line.socket.close(1008, 'too many tabs');
      return;
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
    // What still comes after we have closed is not looked at.
    if (line.socket.readyState !== line.socket.OPEN) return;
    const now = performance.now();
    line.heardAt = now;
    line.tokens = Math.min(frameBurst, line.tokens + ((now - line.tokensAt) / 1000) * framesPerSec) - 1;
    line.tokensAt = now;
    const request = isBinary || line.tokens < 0 ? undefined : requestOf(String(data));
    if (!request || line.pending >= chatSocketLimits.pending)
      return line.socket.close(1008, 'not understood');
    if ('refused' in request)
      return tell(line, { type: 'nack', clientId: request.clientId, reason: request.refused });
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
      const address = addressKey(senderOf(req, parts.trustedProxyHops));
      const isCrowded =
        lines.size >= chatSocketLimits.sockets || (ofAddress.get(address) ?? 0) >= maxSocketsOfAddress;
      if (isCrowded || !parts.isAllowed(req.headers.origin, req.headers.host)) {
        const status = isCrowded ? '503 Service Unavailable' : '403 Forbidden';
        socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
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
          hellos: 0,
          address,
          turn: Promise.resolve(),
          isBroken: false,
        };
        lines.add(line);
        ofAddress.set(address, (ofAddress.get(address) ?? 0) + 1);
        live.on('error', () => live.terminate());
        live.on('close', () => drop(line));
        live.on('message', (data, isBinary) => receive(line, data, isBinary));
      });
    },
    async close() {
      const open = [...lines].map(({ socket }) => socket);
      const gone = open.map((socket) => new Promise<void>((done) => void socket.once('close', () => done())));
      for (const socket of open) socket.close(1001, 'server stops');
      const late = setTimeout(() => {
        for (const socket of open) socket.terminate();
      }, goodbyeWithinMs);
      await Promise.all(gone);
      clearTimeout(late);
    },
  };
}

/** As express counts it: from us outwards, one step for each proxy that is trusted. */
function senderOf(req: IncomingMessage, hops: number): string {
  const forwarded = String(req.headers['x-forwarded-for'] ?? '').split(',');
  const named =
    hops > 0
      ? forwarded
          .map((one) => one.trim())
          .filter(Boolean)
          .at(-hops)
      : undefined;
  return named ?? req.socket.remoteAddress ?? 'unknown';
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

/** Of a line that breaks a bound: why, so that the widget does not say it for ever. */
const overlongSchema = z.object({
  type: z.literal('line'),
  clientId: clientIdSchema,
  text: z.string().min(maxLineLength + 1),
});

function requestOf(text: string): ChatRequest | { refused: LineRefusal; clientId: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const parsed = chatRequestSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const overlong = overlongSchema.safeParse(value);
    return overlong.success ? { refused: 'too-long', clientId: overlong.data.clientId } : undefined;
  } catch {
    return undefined;
  }
}
