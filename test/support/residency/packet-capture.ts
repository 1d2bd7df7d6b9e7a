/**
 * Every packet that leaves a network namespace, by tcpdump, added up by where it goes: what the proof of residency is laid beside. Only heads of
 * packets are kept. It reads the file format of libpcap and IPv4; what is none of both is counted apart, ARP left out.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import type { NetNamespace } from '../net-namespace.ts';
import { until } from '../until.ts';

export interface SentTo {
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
  /** Ports that it was sent from. */
  from: Set<number>;
  packets: number;
  /** Without the heads of IP, TCP and UDP. */
  bytes: number;
}
export interface Captured {
  sent: SentTo[];
  /** Of no kind that this program knows. */
  strange: number;
}

const ipv4 = 0x0800;
const arp = 0x0806;
const etherBytes = 14;

export function readCapture(pcap: Buffer, source: string): Captured {
  const sent = new Map<string, SentTo>();
  let strange = 0;
  for (let at = 24; at + 16 <= pcap.length;) {
    const kept = pcap.readUInt32LE(at + 8);
    const packet = pcap.subarray(at + 16, at + 16 + kept);
    at += 16 + kept;
    if (packet.length < etherBytes) continue;
    const type = packet.readUInt16BE(12);
    if (type === arp) continue;
    const ip = packet.subarray(etherBytes);
    if (type !== ipv4) strange += 1;
    else if ([...ip.subarray(12, 16)].join('.') === source && !add(sent, ip)) strange += 1;
  }
  return { sent: [...sent.values()], strange };
}

function add(sent: Map<string, SentTo>, ip: Buffer): boolean {
  const headBytes = (ip[0]! & 15) * 4;
  const protocol = ip[9] === 6 ? 'tcp' : ip[9] === 17 ? 'udp' : undefined;
  if (!protocol) return false;
  const address = [...ip.subarray(16, 20)].join('.');
  const [from, port] = [ip.readUInt16BE(headBytes), ip.readUInt16BE(headBytes + 2)];
  const innerBytes = protocol === 'udp' ? 8 : (ip[headBytes + 12]! >> 4) * 4;
  const key = `${protocol} ${address} ${port}`;
  const one = sent.get(key) ?? { protocol, address, port, from: new Set<number>(), packets: 0, bytes: 0 };
  sent.set(key, one);
  one.from.add(from);
  one.packets += 1;
  one.bytes += ip.readUInt16BE(2) - headBytes - innerBytes;
  return true;
}

export class PacketCapture {
  readonly #child: ChildProcess;
  readonly #file: string;

  private constructor(child: ChildProcess, file: string) {
    this.#child = child;
    this.#file = file;
  }

  /** On the one cable of the namespace. */
  static async start(at: NetNamespace, file: string): Promise<PacketCapture> {
    const device = /\d+: (hl\d+a\d+)/.exec(at.run('ip', '-o', 'link'))?.[1] ?? 'none';
    const args = ['-i', device, '-U', '-s', '96', '-Z', 'root', '-w', file];
    const child = at.start('tcpdump', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until('tcpdump listens', () => {
      if (child.exitCode !== null) throw new Error(`tcpdump: ${said}`);
      return said.includes('listening on');
    });
    return new PacketCapture(child, file);
  }

  /** Up to this moment. */
  read(source: string): Captured {
    return readCapture(readFileSync(this.#file), source);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}
