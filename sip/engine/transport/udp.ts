/**
 * One UDP socket on one local address. Knows bytes and addresses, no SIP. RFC 3261 18.1.1, 18.2.1.
 *
 * The `lookup` given to the socket answers at once: addresses here are literals always, and Node would
 * otherwise spend a tick and several allocations on each datagram to find that out.
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { isPermittedTarget } from './flow.ts';
import type { Outbound, TransportEvents } from './flow.ts';

const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export class UdpListener {
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #events: TransportEvents;
  #isClosed = false;

  constructor(socket: Socket, address: string, port: number, events: TransportEvents) {
    this.#socket = socket;
    this.address = address;
    this.port = port;
    this.#events = events;
    socket.on('message', (data, remote) => {
      // Keep-alives (RFC 5626 3.5.1 and the four zero bytes of older phones) are shorter than any message.
      if (data.length < 16) return;
      events.onMessage(data.toString('latin1'), new UdpFlow(this, remote.address, remote.port));
    });
    // ICMP errors of earlier datagrams surface here; without a listener they would end the process.
    socket.on('error', () => {});
  }

  static bind(address: string, port: number, events: TransportEvents): Promise<UdpListener> {
    return new Promise((resolve, reject) => {
      const isV6 = isIPv6(address);
      const socket = createSocket({
        type: isV6 ? 'udp6' : 'udp4',
        lookup: (host, _options, callback) => callback(null, host, isV6 ? 6 : 4),
        recvBufferSize: RECEIVE_BUFFER_BYTES,
      });
      const onError = (error: Error): void => reject(error);
      socket.once('error', onError);
      socket.bind(port, address, () => {
        socket.removeListener('error', onError);
        resolve(new UdpListener(socket, address, socket.address().port, events));
      });
    });
  }

  sendTo(text: string, flow: UdpFlow): void {
    if (this.#isClosed || !isPermittedTarget(flow.remoteAddress, flow.remotePort)) return;
    this.#socket.send(Buffer.from(text, 'latin1'), flow.remotePort, flow.remoteAddress, (error) => {
      if (error !== null) this.#events.onSendError(flow);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

export class UdpFlow implements Outbound {
  readonly protocol = 'udp';
  readonly isReliable = false;
  readonly listener: UdpListener;
  readonly remoteAddress: string;
  readonly remotePort: number;

  constructor(listener: UdpListener, remoteAddress: string, remotePort: number) {
    this.listener = listener;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get localAddress(): string {
    return this.listener.address;
  }

  get localPort(): number {
    return this.listener.port;
  }

  send(text: string): void {
    this.listener.sendTo(text, this);
  }
}
