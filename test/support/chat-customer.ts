/** A customer's widget without a screen: speaks the protocol of contract/chat.ts, says again what was not acknowledged. */
import { WebSocket } from 'ws';
import type { ChatFrame, ChatLine, ChatStarted, ChatState } from '../../server/contract/chat.ts';
import { until } from './until.ts';

export class ChatCustomer {
  readonly url: string;
  token = '';
  readonly lines = new Map<number, ChatLine>();
  state: ChatState | undefined;
  readonly pending = new Map<string, string>();
  readonly acked = new Map<string, number>();
  readonly frames: ChatFrame[] = [];
  isTyping = false;
  isGone = false;
  /** With which codes its sockets were closed, in order. */
  readonly closes: number[] = [];
  #socket: WebSocket | undefined;
  #isOpen = false;
  #isWelcome = false;
  #count = 0;

  constructor(url: string) {
    this.url = url;
  }

  async start(widget = 'web', body: object = { language: 'en' }): Promise<Response> {
    const answer = await fetch(`${this.url}/chat/${widget}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.url },
      body: JSON.stringify(body),
    });
    if (answer.status === 201) this.token = ((await answer.json()) as ChatStarted).token;
    return answer;
  }

  /** Comes and keeps coming back, as a widget does. */
  connect(): void {
    this.#isOpen = true;
    this.#dial();
  }

  #dial(): void {
    if (!this.#isOpen) return;
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/chat/socket`, 'hearthline-chat', {
      origin: this.url,
    });
    this.#socket = socket;
    this.#isWelcome = false;
    socket.on('error', () => undefined);
    socket.on('open', () => this.send({ type: 'hello', token: this.token, after: this.lines.size }));
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString('utf8')) as ChatFrame));
    socket.on('close', (code) => {
      this.closes.push(code);
      setTimeout(() => this.#dial(), 50);
    });
  }

  send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame: ChatFrame): void {
    this.frames.push(frame);
    if (frame.type === 'gone') this.isGone = true;
    if (frame.type === 'typing') this.isTyping = true;
    if (frame.type === 'welcome' || frame.type === 'state') this.state = frame.state;
    if (frame.type === 'welcome' || frame.type === 'lines') for (const line of frame.lines) this.#note(line);
    if (frame.type === 'ack') {
      this.acked.set(frame.clientId, frame.seq);
      this.pending.delete(frame.clientId);
    }
    if (frame.type !== 'welcome') return;
    this.#isWelcome = true;
    for (const [clientId, text] of this.pending) this.send({ type: 'line', clientId, text });
  }

  #note(line: ChatLine): void {
    const before = this.lines.get(line.seq);
    if (before && JSON.stringify(before) !== JSON.stringify(line))
      throw new Error(`line ${line.seq} has changed`);
    this.lines.set(line.seq, line);
  }

  /** A file sent up, its id. */
  async upload(name: string, content: BodyInit, type: string): Promise<string> {
    const answer = await fetch(`${this.url}/chat/files?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': type },
      body: content,
    });
    return ((await answer.json()) as { attachmentId: string }).attachmentId;
  }

  say(text: string): string {
    const clientId = `line-${String(++this.#count).padStart(6, '0')}`;
    this.pending.set(clientId, text);
    // What was not acknowledged goes first.
    if (this.#isWelcome) this.send({ type: 'line', clientId, text });
    return clientId;
  }

  async untilKept(boundMs = 20_000): Promise<void> {
    await until('all lines are acknowledged', async () => this.pending.size === 0, boundMs);
  }

  texts(): string[] {
    return [...this.lines.values()].sort((a, b) => a.seq - b.seq).map(({ text }) => text);
  }

  cut(): void {
    this.#socket?.terminate();
  }

  leave(): void {
    this.#isOpen = false;
    this.#socket?.terminate();
  }
}
