/**
 * Both neighbours of the engine for black-box tests: a raw SIP endpoint (UDP or TCP) and a raw app on the control
 * port. They send exactly what a test says and wait for a condition, never for a time.
 */
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

const WAIT_MS = 5_000;

/** What arrived and was not taken yet, and who waits for what. */
class Inbox<T> {
  readonly all: T[] = [];
  #unread: T[] = [];
  #waiters: { test: (item: T) => boolean; take: (item: T) => void }[] = [];

  push(item: T): void {
    this.all.push(item);
    const at = this.#waiters.findIndex((waiter) => waiter.test(item));
    if (at >= 0) this.#waiters.splice(at, 1)[0]?.take(item);
    else this.#unread.push(item);
  }

  next(test: (item: T) => boolean, what: string, withinMs = WAIT_MS): Promise<T> {
    const at = this.#unread.findIndex(test);
    if (at >= 0) return Promise.resolve(this.#unread.splice(at, 1)[0] as T);
    return new Promise((resolve, reject) => {
      const waiter = {
        test,
        take: (item: T) => {
          clearTimeout(timer);
          resolve(item);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        const seen = this.#unread.map((item) => String(item).slice(0, 400)).join('\n--\n');
        reject(new Error(`nothing arrived that is ${what}; unread:\n${seen}`));
      }, withinMs);
      this.#waiters.push(waiter);
    });
  }

  get unread(): readonly T[] {
    return this.#unread;
  }
}

export function header(message: string, name: string): string {
  const match = new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(message);
  if (match === null) throw new Error(`no ${name} in\n${message}`);
  return (match[1] as string).trim();
}

export function startLine(message: string): string {
  return message.slice(0, message.indexOf('\r\n'));
}

let counter = 0;
const unique = (prefix: string): string => `${prefix}${++counter}x${Date.now().toString(36)}`;

export interface RequestOptions {
  uri?: string;
  to?: string;
  from?: string;
  callId?: string;
  cseq?: number;
  branch?: string;
  headers?: string[];
  body?: string;
  contentType?: string;
  contact?: string;
  via?: string;
}

export class SipPeer {
  readonly inbox = new Inbox<string>();
  readonly port: number;
  readonly enginePort: number;
  readonly protocol: 'UDP' | 'TCP';
  readonly name: string;
  readonly #udp: UdpSocket | undefined;
  readonly #taken = new Set<string>();
  readonly #tcp: Socket | undefined;

  constructor(name: string, enginePort: number, port: number, udp?: UdpSocket, tcp?: Socket) {
    this.name = name;
    this.enginePort = enginePort;
    this.port = port;
    this.protocol = udp === undefined ? 'TCP' : 'UDP';
    this.#udp = udp;
    this.#tcp = tcp;
  }

  static async udp(name: string, enginePort: number): Promise<SipPeer> {
    // Holds what comes while this process has no processor.
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const peer = new SipPeer(name, enginePort, socket.address().port, socket);
    socket.on('message', (data) => peer.inbox.push(data.toString('latin1')));
    return peer;
  }

  static async tcp(name: string, enginePort: number): Promise<SipPeer> {
    const socket = connect(enginePort, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const peer = new SipPeer(name, enginePort, socket.localPort as number, undefined, socket);
    let buffer = '';
    socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1');
      for (;;) {
        const end = buffer.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/^Content-Length:\s*(\d+)/im.exec(buffer)?.[1] ?? 0);
        if (buffer.length < end + 4 + length) return;
        peer.inbox.push(buffer.slice(0, end + 4 + length));
        buffer = buffer.slice(end + 4 + length);
      }
    });
    return peer;
  }

  send(text: string, port = this.enginePort): void {
    const bytes = Buffer.from(text, 'latin1');
    if (this.#udp !== undefined) this.#udp.send(bytes, port, '127.0.0.1');
    else this.#tcp?.write(bytes);
  }

  get contactUri(): string {
    const transport = this.protocol === 'TCP' ? ';transport=tcp' : '';
    return `sip:${this.name}@127.0.0.1:${this.port}${transport}`;
  }

  request(method: string, options: RequestOptions = {}): string {
    const uri = options.uri ?? `sip:1001@127.0.0.1:${this.enginePort}`;
    const body = options.body ?? '';
    const lines = [
      `${method} ${uri} SIP/2.0`,
      options.via ??
        `Via: SIP/2.0/${this.protocol} 127.0.0.1:${this.port};rport;branch=${options.branch ?? unique('z9hG4bK')}`,
      'Max-Forwards: 70',
      `From: ${options.from ?? `<sip:${this.name}@127.0.0.1:${this.port}>;tag=${unique('tag')}`}`,
      `To: ${options.to ?? `<sip:1001@127.0.0.1:${this.enginePort}>`}`,
      `Call-ID: ${options.callId ?? unique('call-')}`,
      `CSeq: ${options.cseq ?? 1} ${method}`,
      `Contact: <${options.contact ?? this.contactUri}>`,
      ...(options.headers ?? []),
    ];
    if (body !== '') lines.push(`Content-Type: ${options.contentType ?? 'application/sdp'}`);
    return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  }

  /** Sends a request built from the options and gives its text. */
  start(method: string, options: RequestOptions = {}): string {
    const text = this.request(method, options);
    this.send(text);
    return text;
  }

  /** A request in the dialog that an INVITE of this peer and its answer made. */
  inDialog(
    method: string,
    invite: string,
    answer: string,
    cseq: number,
    options: RequestOptions = {},
  ): string {
    return this.start(method, {
      uri: `sip:127.0.0.1:${this.enginePort}`,
      from: header(invite, 'From'),
      to: header(answer, 'To'),
      callId: header(invite, 'Call-ID'),
      cseq,
      ...options,
    });
  }

  /** An answer to a request that this peer got. */
  answer(
    request: string,
    status: string,
    options: { tag?: string; headers?: string[]; body?: string } = {},
  ): string {
    const vias = request.split('\r\n').filter((line) => line.startsWith('Via:'));
    const to = header(request, 'To');
    const body = options.body ?? '';
    const lines = [
      `SIP/2.0 ${status}`,
      ...vias,
      `From: ${header(request, 'From')}`,
      `To: ${to.includes(';tag=') || status.startsWith('100') ? to : `${to};tag=${options.tag ?? 'peertag'}`}`,
      `Call-ID: ${header(request, 'Call-ID')}`,
      `CSeq: ${header(request, 'CSeq')}`,
      `Contact: <${this.contactUri}>`,
      ...(options.headers ?? []),
    ];
    if (body !== '') lines.push('Content-Type: application/sdp');
    const text = `${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    this.send(text);
    return text;
  }

  /** The next unread message whose first line matches. */
  async next(firstLine: RegExp, withinMs = WAIT_MS): Promise<string> {
    const what = String(firstLine);
    const found = await this.inbox.next((text) => firstLine.test(startLine(text)), what, withinMs);
    this.#taken.add(found);
    return found;
  }

  /** The next that is no copy of one taken before: the engines under test repeat soon, and a copy may lie unread. */
  async nextNew(firstLine: RegExp): Promise<string> {
    const isNew = (text: string) => firstLine.test(startLine(text)) && !this.#taken.has(text);
    const found = await this.inbox.next(isNew, `a new ${String(firstLine)}`);
    this.#taken.add(found);
    return found;
  }

  /** The same of one call: a copy that another call was sent again answers nothing of this one. */
  nextOf(request: string, firstLine: RegExp): Promise<string> {
    const callId = header(request, 'Call-ID');
    return this.inbox.next(
      (text) => firstLine.test(startLine(text)) && header(text, 'Call-ID') === callId,
      `${String(firstLine)} of ${callId}`,
    );
  }

  /** How many messages so far have such a first line, read or not. */
  count(firstLine: RegExp): number {
    return this.inbox.all.filter((text) => firstLine.test(startLine(text))).length;
  }

  close(): void {
    this.#udp?.close();
    this.#tcp?.destroy();
  }
}

export interface Frame {
  tokens: string[];
  sip: string;
  toString(): string;
}

/** A raw app on the control port. */
export class RawApp {
  readonly inbox = new Inbox<Frame>();
  isClosed = false;
  readonly closed: Promise<void>;
  readonly socket: Socket;
  #buffer = '';

  constructor(controlPort: number) {
    this.socket = connect(controlPort, '127.0.0.1');
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.isClosed = true;
        resolve();
      });
    });
    this.socket.on('data', (chunk) => this.#onData(chunk.toString('latin1')));
  }

  static async connect(
    controlPort: number,
    secret: string,
    tags = '',
    routes: string[] = [],
  ): Promise<RawApp> {
    const app = new RawApp(controlPort);
    const answer = await app.ask(`authenticate|${secret}|${tags}`);
    if (answer.tokens[3] !== 'OK') throw new Error(`not authenticated: ${answer.toString()}`);
    for (const route of routes) await app.ask(`route|${route}`);
    return app;
  }

  #onData(chunk: string): void {
    this.#buffer += chunk;
    for (;;) {
      const hash = this.#buffer.indexOf('#');
      if (hash < 0) return;
      const length = Number(this.#buffer.slice(0, hash));
      if (this.#buffer.length < hash + 1 + length) return;
      const payload = this.#buffer.slice(hash + 1, hash + 1 + length);
      this.#buffer = this.#buffer.slice(hash + 1 + length);
      const lineEnd = payload.indexOf('\r\n');
      const tokens = (lineEnd < 0 ? payload : payload.slice(0, lineEnd)).split('|');
      const sip = lineEnd < 0 ? '' : payload.slice(lineEnd + 2);
      this.inbox.push({ tokens, sip, toString: () => payload });
    }
  }

  write(payload: string): string {
    const id = randomUUID();
    const text = `${id}|${payload}`;
    this.socket.write(`${Buffer.byteLength(text, 'latin1')}#${text}`, 'latin1');
    return id;
  }

  /** Sends a frame and waits for its `response`. */
  ask(payload: string): Promise<Frame> {
    const id = this.write(payload);
    return this.inbox.next(
      (frame) => frame.tokens[1] === 'response' && frame.tokens[2] === id,
      `answer to ${payload}`,
    );
  }

  /** The next `sip` frame whose SIP text begins like this. */
  sip(firstLine: RegExp, withinMs = WAIT_MS): Promise<Frame> {
    return this.inbox.next(
      (frame) => frame.tokens[1] === 'sip' && firstLine.test(startLine(frame.sip)),
      String(firstLine),
      withinMs,
    );
  }

  reply(request: Frame, status: string, options: { headers?: string[]; body?: string } = {}): Promise<Frame> {
    const body = options.body ?? '';
    const head = [`SIP/2.0 ${status}`, ...(options.headers ?? []), `Content-Length: ${body.length}`];
    return this.ask(`sip|${request.tokens[8]}|\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  }

  inDialog(
    method: string,
    dialogId: string,
    options: { headers?: string[]; body?: string } = {},
  ): Promise<Frame> {
    const head = [`${method} sip:placeholder SIP/2.0`, ...(options.headers ?? [])];
    return this.ask(`sip||${dialogId}\r\n${head.join('\r\n')}\r\n\r\n${options.body ?? ''}`);
  }

  request(
    method: string,
    uri: string,
    options: { headers?: string[]; body?: string; nextHop?: string } = {},
  ): Promise<Frame> {
    const head = [`${method} ${uri} SIP/2.0`, ...(options.headers ?? [])];
    const hop = options.nextHop === undefined ? '' : `|${options.nextHop}`;
    return this.ask(`sip||${hop}\r\n${head.join('\r\n')}\r\n\r\n${options.body ?? ''}`);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Waits until a condition holds; fails after a bound. */
export async function until(
  what: string,
  test: () => boolean | Promise<boolean>,
  withinMs = WAIT_MS,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await test())) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The transaction id in the frame that says what was sent for an app's request. */
export function sentId(answer: Frame): string {
  if (answer.tokens[3] !== 'OK') throw new Error(`refused: ${answer.toString()}`);
  return answer.tokens[10] as string;
}
