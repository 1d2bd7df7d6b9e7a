/**
 * The door of the live sockets: path, origin, single-use ticket; then the hub has it. A refusal is a plain HTTP
 * answer. May not look at cookies: whoever holds a ticket was checked when it was given, seconds ago, and a
 * revocation voids it.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { LiveScope } from '../contract/live.ts';
import { maxInboundBytes } from './live-request.ts';
import { isSameOrigin } from './origin.ts';
import type { ApiParts } from './parts.ts';

const scopeOfPath = new Map<string, LiveScope | 'desk'>([
  ['/ws/board', 'board'],
  ['/ws/floor', 'floor'],
  ['/ws/desk', 'desk'],
]);
const reasons = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found' } as const;

function refuse(socket: Duplex, status: keyof typeof reasons): void {
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

export function createUpgrade(parts: ApiParts): { attach(server: Server): void; close(): void } {
  const { logger, settings } = parts.deps;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxInboundBytes,
  });

  const upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener a reset by the peer would end the process.
    socket.on('error', () => socket.destroy());
    let url: URL;
    try {
      url = new URL(req.url ?? '', 'http://localhost');
    } catch {
      return refuse(socket, 400);
    }
    const scope = scopeOfPath.get(url.pathname);
    if (!scope) return refuse(socket, 404);
    if (!isSameOrigin(req, settings)) return refuse(socket, 403);
    const ticket = parts.tickets.redeem(url.searchParams.get('ticket') ?? '');
    if (ticket?.scope !== scope) return refuse(socket, 403);
    sockets.handleUpgrade(req, socket, head, (live) => {
      live.on('error', () => live.terminate());
      const outcome =
        scope === 'desk'
          ? parts.deskHub.add(live, ticket.liveOwner, ticket.agentId ?? '')
          : parts.hub.add(live, scope, ticket.liveOwner, ticket.grant);
      if (outcome === 'added') return;
      logger.warn({ scope, outcome }, 'live socket refused');
      live.close(1013, outcome);
    });
  };

  return {
    attach(server) {
      server.on('upgrade', upgrade);
      // Slow and endless requests hold a connection for a bounded time.
      server.headersTimeout = 10_000;
      server.requestTimeout = 60_000;
      server.keepAliveTimeout = 15_000;
      server.maxHeadersCount = 100;
    },
    close: () => sockets.close(),
  };
}
