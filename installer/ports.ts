/**
 * Ports before anything is started: each is really bound for an instant (the only test that knows every
 * rule of the kernel), and what is taken is explained: which port, by whom, and which variable chooses
 * another. Also picks a free loopback port for the control connection to the SIP engine.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { describeProcess, openPorts, ownerOf } from './process-table.ts';
import type { OpenPort } from './process-table.ts';
import type { Settings } from './settings.ts';

function tryTcp(address: string, port: number): Promise<NodeJS.ErrnoException | number> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error));
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => done(typeof bound === 'object' && bound !== null ? bound.port : port));
    });
  });
}

function tryUdp(address: string, port: number): Promise<NodeJS.ErrnoException | number> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      done(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => done(bound));
    });
  });
}

/** The kernel writes an IPv4 address as hexadecimal in its own byte order. */
function kernelAddress(address: string): string {
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0').toUpperCase());
  return bytes.reverse().join('');
}

const wildcard = /^0+$/;

function overlaps(open: OpenPort, bind: string): boolean {
  return wildcard.test(open.address) || bind === '0.0.0.0' || open.address.endsWith(kernelAddress(bind));
}

function holderOf(protocol: 'tcp' | 'udp', port: number, bind: string): string {
  const open = openPorts().find((o) => o.protocol === protocol && o.port === port && overlaps(o, bind));
  const pid = open && ownerOf(open.inode);
  if (pid !== undefined) return describeProcess(pid);
  return process.getuid?.() === 0
    ? 'another process'
    : "another user's process (as root its name can be seen)";
}

function explain(
  error: NodeJS.ErrnoException,
  what: { protocol: 'tcp' | 'udp'; port: number; variable: string; use: string },
  bind: string,
): string {
  const { port, use, variable } = what;
  const name = `${what.protocol.toUpperCase()} port ${port} (${use})`;
  if (error.code === 'EADDRINUSE')
    return `${name} is taken by ${holderOf(what.protocol, port, bind)}. End that, or choose another: ${variable}=${port + 1000 > 65_535 ? port - 1000 : port + 1000} npm start`;
  if (error.code === 'EACCES')
    return `${name} may only be opened by root. Start as root, or choose one from 1024 up: ${variable}=${port + 8000} npm start`;
  if (error.code === 'EADDRNOTAVAIL') return `HEARTHLINE_BIND=${bind} is not an address of this machine`;
  return `${name} cannot be opened: ${error.message}`;
}

/** What stands in the way, in words; empty when all ports are free. */
export async function portFaults(settings: Settings): Promise<string[]> {
  const { bind, httpPort, sipPort } = settings;
  const wanted = [
    { protocol: 'tcp', port: httpPort, variable: 'HEARTHLINE_HTTP_PORT', use: 'web pages' },
    { protocol: 'udp', port: sipPort, variable: 'HEARTHLINE_SIP_PORT', use: 'SIP' },
    { protocol: 'tcp', port: sipPort, variable: 'HEARTHLINE_SIP_PORT', use: 'SIP' },
  ] as const;
  const faults = new Set<string>();
  for (const what of wanted) {
    const result = await (what.protocol === 'tcp' ? tryTcp : tryUdp)(bind, what.port);
    if (typeof result !== 'number') faults.add(explain(result, what, bind));
  }
  const rtp = takenRtpPorts(settings);
  const total = settings.rtpLast - settings.rtpFirst + 1;
  const [one] = rtp;
  if (one && rtp.length * 2 > total)
    faults.add(
      `${rtp.length} of the ${total} ports in HEARTHLINE_RTP_PORTS (${settings.rtpFirst}-${settings.rtpLast}) are taken, ` +
        `${one.port} by ${holderOf('udp', one.port, bind)}. Choose another range: HEARTHLINE_RTP_PORTS=30000-33999 npm start`,
    );
  return [...faults];
}

/** A few taken ports among thousands only make the range smaller: the media engine passes them over. */
export function takenRtpPorts({ bind, rtpFirst, rtpLast }: Settings): OpenPort[] {
  return openPorts().filter(
    (o) => o.protocol === 'udp' && o.port >= rtpFirst && o.port <= rtpLast && overlaps(o, bind),
  );
}

export async function isTcpPortFree(address: string, port: number): Promise<boolean> {
  return typeof (await tryTcp(address, port)) === 'number';
}

export async function isUdpPortFree(address: string, port: number): Promise<boolean> {
  return typeof (await tryUdp(address, port)) === 'number';
}

/** A loopback port nobody listens on. */
export async function freeLoopbackPort(): Promise<number> {
  const result = await tryTcp('127.0.0.1', 0);
  if (typeof result !== 'number') throw result;
  return result;
}
