/** Many chat customers in one process: real sessions and sockets, without the checks and the coming back of ChatCustomer. */
import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import type { ChatFrame, ChatStarted } from '../../server/contract/chat.ts';

export class CrowdChat {
  #socket: WebSocket | undefined;
  readonly #saidAt = new Map<string, { at: number; kept: (ms: number) => void }>();
  #onAgentLine: ((text: string) => void) | undefined;
  isTalking = false;
  refused = 0;

  /** `address`: as a proxy in front would name the customer's; resolves when the house has said welcome. */
  static async open(url: string, widget: string, address: string): Promise<CrowdChat> {
    const answer = await fetch(`${url}/chat/${widget}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, 'x-forwarded-for': address },
      body: JSON.stringify({ language: 'en' }),
    });
    if (answer.status !== 201) throw new Error(`a chat could not be started: ${answer.status}`);
    const { token } = (await answer.json()) as ChatStarted;
    const chat = new CrowdChat();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/chat/socket`, 'hearthline-chat', {
      origin: url,
    });
    chat.#socket = socket;
    await new Promise<void>((welcome, fail) => {
      socket.on('error', fail);
      socket.on('close', () => fail(new Error('a chat was closed')));
      socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', token, after: 0 })));
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString('utf8')) as ChatFrame;
        if (frame.type === 'welcome') welcome();
        chat.#receive(frame);
      });
    });
    return chat;
  }

  #receive(frame: ChatFrame): void {
    if (frame.type === 'welcome' || frame.type === 'state') this.isTalking = frame.state.phase === 'talking';
    if (frame.type === 'lines')
      for (const { from, text } of frame.lines) if (from === 'agent') this.#onAgentLine?.(text);
    if (frame.type === 'nack') this.refused += 1;
    if (frame.type !== 'ack') return;
    const said = this.#saidAt.get(frame.clientId);
    this.#saidAt.delete(frame.clientId);
    said?.kept(performance.now() - said.at);
  }

  onAgentLine(listener: (text: string) => void): void {
    this.#onAgentLine = listener;
  }

  /** Resolves to the milliseconds until it was acknowledged. */
  say(text: string): Promise<number> {
    const clientId = randomUUID();
    return new Promise((kept) => {
      this.#saidAt.set(clientId, { at: performance.now(), kept });
      this.#socket?.send(JSON.stringify({ type: 'line', clientId, text }));
    });
  }

  ping(): void {
    this.#socket?.send(JSON.stringify({ type: 'ping', id: 1 }));
  }

  /** Lines that were not acknowledged. */
  get open(): number {
    return this.#saidAt.size;
  }

  leave(): void {
    this.#socket?.terminate();
  }
}
