/**
 * Who may call what: trunks by address, phones by digest, and nothing else (no open relay, no outbound
 * without a rule). Pure apart from the counters of calls in hand, which the caller keeps.
 */
import { BlockList, isIP } from 'node:net';
import type { SipNumber, SipTrunk } from '../port.ts';

interface TrunkMatcher {
  trunk: SipTrunk;
  anyPort: BlockList;
  /** `ip:port` entries, exact. */
  exact: Set<string>;
}

export class Admission {
  private trunks: TrunkMatcher[] = [];
  private numbers = new Map<string, SipNumber>();

  configure(trunks: SipTrunk[], numbers: SipNumber[]): void {
    this.trunks = trunks.map((trunk) => {
      const anyPort = new BlockList();
      const exact = new Set<string>();
      // What cannot be read admits nobody; the site check has refused it before.
      for (const address of trunk.addresses) addAddress(address, anyPort, exact);
      return { trunk, anyPort, exact };
    });
    this.numbers = new Map(numbers.map((n) => [n.number, n]));
  }

  trunkOf(ip: string, port: number): SipTrunk | undefined {
    const family = ip.includes(':') ? 'ipv6' : 'ipv4';
    return this.trunks.find((t) => t.exact.has(`${ip}:${port}`) || t.anyPort.check(ip, family))?.trunk;
  }

  trunkById(trunkId: string): SipTrunk | undefined {
    return this.trunks.find((t) => t.trunk.trunkId === trunkId)?.trunk;
  }

  number(dialled: string): SipNumber | undefined {
    return this.numbers.get(dialled);
  }
}

export const isTrunkAddress = (address: string): boolean => addAddress(address, new BlockList(), new Set());

/** A network so wide that it admits the world is a slip of the pen. */
const isSaneLength = (bits: number, family: number) =>
  family === 6 ? bits >= 16 && bits <= 128 : bits >= 8 && bits <= 32;

/** False when it cannot be understood. */
function addAddress(address: string, anyPort: BlockList, exact: Set<string>): boolean {
  const [net, bits] = address.split('/');
  const family = isIP(net!);
  if (family !== 0) {
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) anyPort.addAddress(net!, type);
    else if (/^\d{1,3}$/.test(bits) && isSaneLength(Number(bits), family))
      anyPort.addSubnet(net!, Number(bits), type);
    else return false;
    return true;
  }
  const match = /^(?:\[(.+)\]|([\d.]+)):(\d{1,5})$/.exec(address);
  const ip = match?.[1] ?? match?.[2];
  if (!ip || isIP(ip) === 0 || Number(match![3]) > 65_535) return false;
  exact.add(`${ip}:${Number(match![3])}`);
  return true;
}
