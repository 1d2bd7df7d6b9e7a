/**
 * Sees every connection that this thread opens, whoever opens it: a package, `fetch`, a line of ours. Node tells of `net.connect` by
 * its diagnostics channel `net.client.socket`, but not of TLS, so the one place that all of them pass is taken instead:
 * `Socket.prototype.connect`. For datagrams that is `send`, for names the functions of `dns`. What went through is only counted:
 * nothing is changed, held up or refused here (that is systemd's work, installer/networks).
 *
 * Bytes are those on the wire, so with TLS they are taken from the handle beneath it. That handle is a part of Node that may
 * change; test/unit/ledger holds it against what a relay counted. Without it, the socket's own figures are taken.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP, Socket } from 'node:net';
import type { ConnectionLedger, LedgerRow } from './connection-ledger.ts';
import { isKnownHere, isThisMachine, nameServers, plainAddress } from './this-machine.ts';

interface Handle {
  bytesRead?: number;
  bytesWritten?: number;
  close?: (done?: () => void) => void;
  _parent?: Handle;
}
type Inside = Socket & { _handle?: Handle | null };

/** A connection that is open, and how much of it is in its row already. */
interface Running {
  row: LedgerRow;
  handle: Handle | undefined;
  socket: Socket;
  countedOut: number;
  countedIn: number;
}

export interface Hook {
  /** Brings the rows of open connections up to this moment. */
  count: () => void;
}

const hostOf = (args: readonly unknown[]): string | undefined => {
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === 'object' && first !== null) {
    const { host } = first as { host?: unknown };
    return typeof host === 'string' ? host : undefined;
  }
  return typeof args[1] === 'string' ? args[1] : undefined;
};

/** `isInside`: of what is not listed. */
export function watchConnections(ledger: ConnectionLedger, isInside = isThisMachine): Hook {
  const running = new Set<Running>();
  const count = (one: Running): void => {
    const { handle, socket } = one;
    const out = handle?.bytesWritten ?? socket.bytesWritten;
    const inward = handle?.bytesRead ?? socket.bytesRead;
    // A closed handle says 0: what was counted stands.
    const [moreOut, moreIn] = [Math.max(0, out - one.countedOut), Math.max(0, inward - one.countedIn)];
    if (moreOut === 0 && moreIn === 0) return;
    one.countedOut += moreOut;
    one.countedIn += moreIn;
    ledger.moved(one.row, moreOut, moreIn);
  };
  const onConnected = (socket: Socket, row: LedgerRow): void => {
    const inside = (socket as Inside)._handle ?? undefined;
    const handle = inside?._parent ?? inside;
    const one: Running = { row, handle, socket, countedOut: 0, countedIn: 0 };
    running.add(one);
    row.open += 1;
    const end = (): void => {
      if (!running.delete(one)) return;
      count(one);
      row.open -= 1;
    };
    // After it the handle knows nothing any more; and a socket that TLS took over never tells that it was closed.
    const { close } = handle ?? {};
    if (handle && close)
      handle.close = function (done) {
        end();
        close.call(this, done);
      };
    socket.once('close', end);
  };
  const watched = new WeakMap<Socket, { host: string | undefined }>();
  const watch = (socket: Socket, host: string | undefined): void => {
    const known = watched.get(socket);
    watched.set(socket, known ?? { host });
    if (known) {
      known.host = host;
      return;
    }
    let row: LedgerRow | undefined;
    // Told of each address that is tried, one after the other (RFC 8305).
    socket.on('connectionAttempt', (address: string, port: number) => {
      row = undefined;
      // A Unix socket is tried by its path.
      if (isIP(address) === 0 || isInside(address)) return;
      row = ledger.row({ protocol: 'tcp', address: plainAddress(address), port });
      ledger.opened(row, watched.get(socket)?.host);
    });
    const failed = (address: string, port: number): void => {
      if (isIP(address) === 0 || isInside(address)) return;
      ledger.row({ protocol: 'tcp', address: plainAddress(address), port }).failed += 1;
    };
    socket.on('connectionAttemptFailed', failed);
    socket.on('connectionAttemptTimeout', failed);
    socket.on('connect', () => {
      if (row) onConnected(socket, row);
    });
  };
  // oxlint-disable-next-line unbound-method -- called with the socket it belongs to
  const connect = Socket.prototype.connect as (...args: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    watch(this, hostOf(args));
    return connect.apply(this, args);
  } as typeof Socket.prototype.connect;
  return { count: () => running.forEach(count) };
}

const bytesOf = (data: unknown): number => {
  if (typeof data === 'string') return Buffer.byteLength(data);
  if (Array.isArray(data)) return data.reduce<number>((sum, part) => sum + bytesOf(part), 0);
  return ArrayBuffer.isView(data) ? data.byteLength : 0;
};

/** Datagrams, by `send(msg[, offset, length][, port][, address][, callback])`; and who sent us one first. */
export function watchDatagrams(ledger: ConnectionLedger, isInside = isThisMachine): void {
  const listened = new WeakSet<dgram.Socket>();
  // oxlint-disable-next-line unbound-method -- called with the socket it belongs to
  const bind = dgram.Socket.prototype.bind as (...args: unknown[]) => dgram.Socket;
  dgram.Socket.prototype.bind = function (this: dgram.Socket, ...args: unknown[]): dgram.Socket {
    if (!listened.has(this)) {
      listened.add(this);
      this.on('message', (data, { address, port }) => {
        if (!isInside(address)) ledger.heard(plainAddress(address), port, data.length);
      });
    }
    return bind.apply(this, args);
  } as typeof dgram.Socket.prototype.bind;
  // oxlint-disable-next-line unbound-method -- called with the socket it belongs to
  const send = dgram.Socket.prototype.send as (...args: unknown[]) => void;
  dgram.Socket.prototype.send = function (this: dgram.Socket, ...args: unknown[]): void {
    const hasRange = typeof args[1] === 'number' && typeof args[2] === 'number';
    const [port, address] = hasRange ? [args[3], args[4]] : [args[1], args[2]];
    const bytes = hasRange ? Number(args[2]) : bytesOf(args[0]);
    const to = typeof port === 'number' ? { port, address } : remoteOf(this);
    if (to && typeof to.address === 'string' && !isInside(to.address))
      ledger.sent(plainAddress(to.address), to.port, bytes);
    return send.apply(this, args);
  } as typeof dgram.Socket.prototype.send;
}

function remoteOf(socket: dgram.Socket): { address: string; port: number } | undefined {
  try {
    return socket.remoteAddress();
  } catch {
    // Not connected: the call that follows fails by itself.
    return undefined;
  }
}

const asking = [
  'lookup',
  'resolve',
  'resolve4',
  'resolve6',
  'resolveAny',
  'resolveCaa',
  'resolveCname',
  'resolveMx',
  'resolveNaptr',
  'resolveNs',
  'resolvePtr',
  'resolveSoa',
  'resolveSrv',
  'resolveTxt',
  'reverse',
];

/** Addresses in an answer of `dns`: one, or a list of them, or of what holds one. */
const addressesIn = (answer: unknown): string[] =>
  (Array.isArray(answer) ? (answer as unknown[]) : [answer]).flatMap((one) => {
    const address: unknown = typeof one === 'object' && one !== null && 'address' in one ? one.address : one;
    return typeof address === 'string' && isIP(address) !== 0 ? [address] : [];
  });

/** Questions for names, and what they led to. The C library sends them; whom it asks is in resolv.conf. */
export function watchNames(ledger: ConnectionLedger): void {
  const answered = (name: unknown, answer: unknown): void => {
    if (typeof name === 'string' && isIP(name) === 0) ledger.named(name, addressesIn(answer));
  };
  const note = (name: unknown): void => {
    if (typeof name !== 'string' || isKnownHere(name)) return;
    const [address = ''] = nameServers();
    ledger.opened(ledger.row({ protocol: 'dns', address: plainAddress(address), port: 53 }), name);
  };
  const places = [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype];
  for (const place of places as unknown as Record<string, unknown>[])
    for (const name of asking) {
      const ask = place[name];
      if (typeof ask !== 'function') continue;
      const watched = function (this: unknown, ...args: unknown[]): unknown {
        note(args[0]);
        const done = args.at(-1);
        if (typeof done === 'function')
          args[args.length - 1] = function (this: unknown, ...given: unknown[]): unknown {
            answered(args[0], given[1]);
            return Reflect.apply(done, this, given);
          };
        const answer: unknown = Reflect.apply(ask, this, args);
        if (answer instanceof Promise)
          answer.then(
            (found) => answered(args[0], found),
            () => undefined,
          );
        return answer;
      };
      // `util.promisify(dns.lookup)` looks for Node's own way under a symbol.
      place[name] = Object.assign(watched, ask);
      for (const symbol of Object.getOwnPropertySymbols(ask))
        Object.defineProperty(watched, symbol, Object.getOwnPropertyDescriptor(ask, symbol)!);
    }
  syncBuiltinESMExports();
}
