/**
 * To whom this engine's audio goes, and how much: by address, since a phone has another port with each call. For: the proof of
 * residency. It adds up what sessions count anyway, so the packets' own way costs nothing more.
 */
import type { ConnectionLedger } from '../../system/ledger/connection-ledger.ts';
import { isThisMachine } from '../../system/ledger/this-machine.ts';
import { numberToIpv4 } from '../protocol.ts';
import type { Traffic } from './thread-messages.ts';

/** Of one worker, between two tellings. Bounded by the ports of the worker: each leg has one address at a time. */
export class TrafficCount {
  private byIp = new Map<number, Traffic>();

  add(ip: number, port: number, counts: Pick<Traffic, 'legs' | 'bytesOut' | 'bytesIn'>): void {
    const known = this.byIp.get(ip);
    if (!known) {
      this.byIp.set(ip, { ip, firstPort: port, lastPort: port, ...counts });
      return;
    }
    known.firstPort = Math.min(known.firstPort, port);
    known.lastPort = Math.max(known.lastPort, port);
    known.legs += counts.legs;
    known.bytesOut += counts.bytesOut;
    known.bytesIn += counts.bytesIn;
  }

  /** Undefined: nothing went anywhere. */
  take(): Traffic[] | undefined {
    if (this.byIp.size === 0) return undefined;
    const taken = [...this.byIp.values()];
    this.byIp = new Map();
    return taken;
  }
}

/** Into the ledger of the process: one row for each address, with the range of its ports. */
export function addTraffic(ledger: ConnectionLedger, traffic: readonly Traffic[]): void {
  for (const { ip, firstPort, lastPort, legs, bytesOut, bytesIn } of traffic) {
    const address = numberToIpv4(ip);
    if (isThisMachine(address)) continue;
    const row = ledger.row({ protocol: 'rtp', address, port: 0 });
    const [low, high] = row.ports ?? [firstPort, lastPort];
    row.ports = [Math.min(low, firstPort), Math.max(high, lastPort)];
    row.opened += legs;
    ledger.moved(row, bytesOut, bytesIn);
  }
}
