/**
 * Where a request of ours goes: from a URI to an address, a local address and an open way there. RFC 3261 8.1.2,
 * 18.1.1. It sends nothing.
 */
import type { Outbound } from '../transport/flow.ts';
import type { Hop, TransportLayer } from '../transport/transport-layer.ts';
import { MAX_UDP_REQUEST_BYTES } from '../wire/limits.ts';
import { parseNameAddr } from '../wire/name-addr.ts';
import { parseSipUri } from '../wire/uri.ts';
import type { SipUri } from '../wire/uri.ts';
import { contactAlias } from './outgoing.ts';

export interface HopTarget {
  uri: SipUri;
  /** A transport named in the URI is obeyed, also for long requests. */
  protocol: 'udp' | 'tcp';
  isProtocolGiven: boolean;
  port: number;
  host: string;
}

export type HopFound = (flow: Outbound | 'self' | undefined, failure: string | undefined) => void;

/** What a URI, bare or in angle brackets, says about the next hop. */
export function targetOf(uriText: string): HopTarget | 'unavailable' | undefined {
  const text = uriText.startsWith('<') ? (parseNameAddr(uriText)?.uri ?? '') : uriText;
  const uri = parseSipUri(text);
  if (uri === undefined) return undefined;
  const transport = uri.params?.get('transport')?.toLowerCase();
  if (uri.scheme === 'sips' || (transport !== undefined && transport !== 'udp' && transport !== 'tcp')) {
    return 'unavailable';
  }
  const maddr = uri.params?.get('maddr');
  return {
    uri,
    protocol: transport ?? 'udp',
    isProtocolGiven: transport !== undefined,
    port: uri.port ?? 5060,
    host: maddr === undefined || maddr === '' ? uri.host : maddr,
  };
}

export class NextHops {
  readonly #transport: TransportLayer;

  constructor(transport: TransportLayer) {
    this.#transport = transport;
  }

  /**
   * Finds address, local address and transport, then calls back: in the same turn when all of it is known, which
   * is nearly always. A name that does not resolve, or a refusal by the transport, comes back as a failure.
   */
  find(target: HopTarget, build: (flow: Outbound) => string, done: HopFound): void {
    const known = this.#transport.cachedAddress(target.host);
    if (known === null) {
      done(undefined, '503 DNS Error');
      return;
    }
    if (known !== undefined) {
      this.#route(target, known, build, done);
      return;
    }
    void this.#resolveAndRoute(target, build, done);
  }

  async #resolveAndRoute(
    target: HopTarget,
    build: (flow: Outbound) => string,
    done: HopFound,
  ): Promise<void> {
    const address = await this.#transport.resolve(target.host);
    if (address === undefined) done(undefined, '503 DNS Error');
    else this.#route(target, address, build, done);
  }

  #route(target: HopTarget, address: string, build: (flow: Outbound) => string, done: HopFound): void {
    const transport = this.#transport;
    if (transport.isOwnAddress(address, target.port)) {
      done('self', undefined);
      return;
    }
    const go = (local: string): void => {
      const hop: Hop = { protocol: target.protocol, address, port: target.port };
      const reused = this.#reusable(target, local, address);
      let flow = reused ?? transport.flow(local, hop);
      if (flow?.protocol === 'udp' && !target.isProtocolGiven && build(flow).length > MAX_UDP_REQUEST_BYTES) {
        flow = transport.flow(local, { ...hop, protocol: 'tcp' }) ?? flow;
      }
      done(flow, flow === undefined ? '503 Service Unavailable' : undefined);
    };
    const local = transport.localFor(address);
    if (local === undefined) transport.askRoute(address, go);
    else go(local);
  }

  /** The connection a phone opened to us, for a Contact that was registered over it. */
  #reusable(target: HopTarget, local: string, address: string): Outbound | undefined {
    const { tcp } = this.#transport;
    if (target.protocol !== 'tcp') return undefined;
    return tcp.find(local, address, target.port) ?? tcp.byAlias(contactAlias(target.uri));
  }
}
