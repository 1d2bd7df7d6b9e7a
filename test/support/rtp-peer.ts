/** A small RTP endpoint for tests: sends tones, silence and telephone events, receives and measures. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  LINEAR_TO_ALAW,
  LINEAR_TO_MULAW,
  ALAW_TO_LINEAR,
  MULAW_TO_LINEAR,
} from '../../sip/media/engine/g711.ts';

export interface ReceivedPacket {
  payloadType: number;
  marker: boolean;
  seq: number;
  timestamp: number;
  ssrc: number;
  payload: Buffer;
  from: RemoteInfo;
  atMs: number;
}

export class RtpPeer {
  readonly port: number;
  readonly packets: ReceivedPacket[] = [];
  ssrc = Math.floor(Math.random() * 2 ** 32);
  seq = Math.floor(Math.random() * 65536);
  timestamp = Math.floor(Math.random() * 2 ** 32);
  payloadType: 0 | 8 = 0;
  private readonly socket: Socket;
  private toPort = 0;
  private timer: NodeJS.Timeout | undefined;
  private phase = 0;
  private isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.port = socket.address().port;
    socket.on('message', (data, from) => {
      this.packets.push({
        payloadType: (data[1] as number) & 0x7f,
        marker: ((data[1] as number) & 0x80) !== 0,
        seq: data.readUInt16BE(2),
        timestamp: data.readUInt32BE(4),
        ssrc: data.readUInt32BE(8),
        payload: data.subarray(12),
        from,
        atMs: performance.now(),
      });
    });
  }

  static async create(address = '127.0.0.1', port = 0): Promise<RtpPeer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, resolve);
    });
    return new RtpPeer(socket);
  }

  get remote(): { ip: string; port: number } {
    return { ip: this.socket.address().address, port: this.port };
  }

  target(port: number): this {
    this.toPort = port;
    return this;
  }

  sendRaw(data: Uint8Array): void {
    this.socket.send(data, this.toPort, '127.0.0.1');
  }

  packet(payload: Uint8Array, payloadType: number, marker = false): Buffer {
    const data = Buffer.alloc(12 + payload.length);
    data[0] = 0x80;
    data[1] = payloadType | (marker ? 0x80 : 0);
    data.writeUInt16BE(this.seq, 2);
    data.writeUInt32BE(this.timestamp, 4);
    data.writeUInt32BE(this.ssrc, 8);
    data.set(payload, 12);
    return data;
  }

  advance(samples = 160): void {
    this.seq = (this.seq + 1) & 0xffff;
    this.timestamp = (this.timestamp + samples) >>> 0;
  }

  frame(frequency: number): Uint8Array {
    const table = this.payloadType === 8 ? LINEAR_TO_ALAW : LINEAR_TO_MULAW;
    const payload = new Uint8Array(160);
    for (let i = 0; i < 160; i++) {
      const sample = frequency === 0 ? 0 : Math.round(8000 * Math.sin(this.phase));
      this.phase += (2 * Math.PI * frequency) / 8000;
      payload[i] = table[sample + 32768] as number;
    }
    return payload;
  }

  /** Sends one 20 ms frame at once. */
  sendFrame(frequency = 440): void {
    this.sendRaw(this.packet(this.frame(frequency), this.payloadType));
    this.advance();
  }

  /** Sends frames every 20 ms until `stop`. */
  start(frequency = 440): void {
    this.stop();
    const startMs = performance.now();
    let sent = 0;
    const step = (): void => {
      while (startMs + sent * 20 <= performance.now()) {
        this.sendFrame(frequency);
        sent++;
      }
    };
    step();
    this.timer = setInterval(step, 5);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** One press; `drop` names packets (by index) that are lost on the way. */
  sendDigit(
    event: number,
    payloadType = 101,
    options: { drop?: (index: number) => boolean; packets?: number } = {},
  ): void {
    const count = options.packets ?? 5;
    for (let i = 0; i < count + 3; i++) {
      const isEnd = i >= count;
      const duration = Math.min(i + 1, count) * 160;
      const payload = Buffer.from([event, (isEnd ? 0x80 : 0) | 10, duration >> 8, duration & 255]);
      const data = this.packet(payload, payloadType, i === 0);
      this.seq = (this.seq + 1) & 0xffff;
      if (!options.drop?.(i)) this.sendRaw(data);
    }
    this.timestamp = (this.timestamp + count * 160) >>> 0;
  }

  audio(): ReceivedPacket[] {
    return this.packets.filter(({ payloadType }) => payloadType === 0 || payloadType === 8);
  }

  /** The level of a frequency in the last `count` audio packets, 0 to about 8000 (Goertzel). */
  level(frequency: number, count = 20): number {
    const samples = this.audio()
      .slice(-count)
      .flatMap(({ payload, payloadType }) => {
        const table = payloadType === 8 ? ALAW_TO_LINEAR : MULAW_TO_LINEAR;
        return [...payload].map((byte) => table[byte] as number);
      });
    return goertzel(samples, frequency);
  }

  close(): void {
    this.stop();
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket.close();
  }
}

export function goertzel(samples: ArrayLike<number>, frequency: number, rate = 8000): number {
  const k = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < samples.length; i++) {
    const s0 = (samples[i] as number) + k * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  return (2 * Math.sqrt(Math.max(0, s1 * s1 + s2 * s2 - k * s1 * s2))) / Math.max(1, samples.length);
}

/** Waits for a condition with a bound; the message says what was waited for. */
export async function until(what: string, condition: () => boolean, limitMs = 5000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
