/**
 * Socket back end over node:dgram: no native code, works everywhere. About half the speed of the koffi one.
 * A name look-up per packet would cost more than the packet: addresses are IPv4 already, so `lookup` answers at once.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { ipv4ToNumber, numberToIpv4 } from '../protocol.ts';
import type { PacketReceiver, RtpSocket, SocketBackend } from './rtp-sockets.ts';

function answerAtOnce(
  host: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, host, 4);
}

class DgramRtpSocket implements RtpSocket {
  readonly port: number;
  owner: PacketReceiver | null = null;
  isBound = false;
  private readonly socket = createSocket({ type: 'udp4', lookup: answerAtOnce as never });
  private fromText = '';
  private fromIp = 0;
  private toIp = -1;
  private toText = '';

  constructor(port: number, bind: string, onTurn: () => void) {
    this.port = port;
    this.socket.on('error', () => undefined);
    this.socket.on('message', (message: Buffer, from: RemoteInfo) => {
      if (this.owner === null) return;
      onTurn();
      if (from.address !== this.fromText) {
        this.fromText = from.address;
        this.fromIp = ipv4ToNumber(from.address);
      }
      this.owner.onPacket(message, message.length, this.fromIp, from.port);
    });
    // With an address and our lookup, node binds before this returns.
    this.socket.bind({ port, address: bind, exclusive: true });
    try {
      this.isBound = this.socket.address().port === port;
    } catch {
      this.isBound = false;
    }
  }

  send(buf: Uint8Array, offset: number, length: number, ip: number, port: number): boolean {
    if (ip !== this.toIp) {
      this.toIp = ip;
      this.toText = numberToIpv4(ip);
    }
    this.socket.send(buf, offset, length, port, this.toText);
    return true;
  }

  close(): void {
    this.owner = null;
    this.socket.close();
  }
}

export class DgramBackend implements SocketBackend {
  readonly name = 'dgram';
  private readonly bind: string;
  private readonly onTurn: () => void;

  /** `onTurn` is called before each packet: the loop's clock is read there. */
  constructor(bind: string, onTurn: () => void) {
    this.bind = bind;
    this.onTurn = onTurn;
  }

  open(port: number): RtpSocket | null {
    const socket = new DgramRtpSocket(port, this.bind, this.onTurn);
    if (socket.isBound) return socket;
    socket.close();
    return null;
  }
}
