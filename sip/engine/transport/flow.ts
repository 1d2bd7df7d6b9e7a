/**
 * A way to a peer: what the layers above need to know of a transport. No I/O here.
 * `send` never throws and never waits; a transport that fails says so through `TransportEvents.onSendError`.
 */

export type Protocol = 'udp' | 'tcp';

export interface Outbound {
  readonly protocol: Protocol;
  readonly isReliable: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  send(text: string): void;
}

export interface TransportEvents {
  /** One whole message, one character per byte. `from` can be answered on. */
  onMessage(text: string, from: Outbound): void;
  /** A connection failed or was refused, or a datagram came back as undeliverable. */
  onSendError(to: Outbound): void;
  /** A stream that cannot be followed any more, or a datagram that is none of ours. */
  onGarbage(reason: string): void;
}

/**
 * May a datagram or connection go to this address? Never to a multicast, broadcast or unspecified one: a forged
 * Via must not make us speak to a whole network (RFC 4475 3.3.13).
 */
export function isPermittedTarget(address: string, port: number): boolean {
  if (port <= 0 || port > 65_535) return false;
  if (address.includes(':')) {
    const lower = address.toLowerCase();
    return !lower.startsWith('ff') && lower !== '::';
  }
  const first = Number.parseInt(address, 10);
  return first > 0 && first < 224;
}
