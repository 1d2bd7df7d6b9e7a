/** A browser without a screen: cookies, the anti-forgery token, and the desk's socket, for tests over HTTP. */
import { WebSocket } from 'ws';
import type { DeskFrame, DeskView, MessageView, ThreadView } from '../../server/contract/desk.ts';
import type { NewUser, SessionView } from '../../server/contract/rest.ts';
import { until } from './until.ts';

export interface WebAnswer<T = unknown> {
  status: number;
  body: T;
}

export class WebClient {
  readonly url: string;
  readonly #cookies = new Map<string, string>();
  #csrf: string | undefined;

  constructor(url: string) {
    this.url = url;
  }

  /** What makes a request this user's: the cookie, and the token against forgery. */
  headers(): Record<string, string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      ...(cookie !== '' && { cookie }),
      ...(this.#csrf !== undefined && { 'x-hearthline-csrf': this.#csrf }),
    };
  }

  async raw(method: string, path: string, body?: BodyInit, type?: string): Promise<Response> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        origin: this.url,
        accept: 'application/json',
        ...this.headers(),
        ...(type !== undefined && { 'content-type': type }),
      },
      ...(body !== undefined && { body }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]!.split('=');
      this.#cookies.set(name, value);
    }
    return answer;
  }

  async call<T>(method: string, path: string, body?: object): Promise<WebAnswer<T>> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.raw(method, path, text, body === undefined ? undefined : 'application/json');
    const read = await answer.text();
    const parsed = (read === '' ? {} : JSON.parse(read)) as T & Partial<SessionView>;
    if (typeof parsed.csrfToken === 'string') this.#csrf = parsed.csrfToken;
    return { status: answer.status, body: parsed };
  }

  /** Throws with the answer where that is none of success. */
  async must<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.call<T>(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

export const adminPassword = 'correct horse battery';

export async function firstAdmin(url: string, secret: string): Promise<WebClient> {
  const admin = new WebClient(url);
  await admin.must('POST', '/api/setup', { secret, username: 'ada', password: adminPassword });
  return admin;
}

/** A user who is that agent, signed in with a password of its own. */
export async function webAgent(admin: WebClient, agentId: string): Promise<WebAgent> {
  const username = `agent${agentId}`;
  const made = await admin.must<NewUser>('POST', '/api/users', { username, role: 'agent', agentId });
  const client = new WebClient(admin.url);
  const password = `a long password of ${agentId}`;
  await client.must('POST', '/api/session', { username, password: made.oneTimePassword });
  await client.must('POST', '/api/me/password', { current: made.oneTimePassword, next: password });
  return new WebAgent(client, { username, password });
}

export class WebAgent {
  readonly client: WebClient;
  readonly #login: { username: string; password: string };
  desk: DeskView | undefined;
  readonly messages: MessageView[] = [];
  /** For measurements: at the moment a message comes. */
  onMessage: ((message: MessageView) => void) | undefined;
  #socket: WebSocket | undefined;

  constructor(client: WebClient, login: { username: string; password: string }) {
    this.client = client;
    this.#login = login;
  }

  signIn(): Promise<unknown> {
    return this.client.must('POST', '/api/session', this.#login);
  }

  /** Opens the desk's socket, and again after a cut. */
  async watch(): Promise<void> {
    this.#socket?.terminate();
    const { url } = await this.client.must<{ url: string }>('POST', '/api/desk/ticket', {});
    const socket = new WebSocket(this.client.url.replace('http', 'ws') + url, { origin: this.client.url });
    this.#socket = socket;
    // What a cut socket brought last says nothing of now.
    this.desk = undefined;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      if (this.#socket !== socket) return;
      const frame = JSON.parse(data.toString('utf8')) as DeskFrame;
      if (frame.type === 'desk') this.desk = frame.desk;
      if (frame.type !== 'message') return;
      this.messages.push(frame.message);
      this.onMessage?.(frame.message);
    });
    await until('the desk is shown', async () => this.desk !== undefined);
  }

  leave(): void {
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  async goReady(): Promise<void> {
    await this.client.call('POST', '/api/desk/log-in', {});
    await this.client.must('POST', '/api/desk/state', { to: 'ready' });
  }

  /** Takes whatever is offered first, and answers its contact's id. */
  async takeNext(channel?: string): Promise<string> {
    const offered = () => this.desk?.offers.find((one) => channel === undefined || one.channel === channel);
    await until(`${channel ?? 'something'} is offered`, async () => offered() !== undefined, 20_000);
    const { offerId, contactId } = offered()!;
    await this.client.must('POST', `/api/desk/offers/${offerId}/accept`, {});
    await until(
      'it lies on the desk',
      async () => this.desk?.mine.some((one) => one.contactId === contactId) === true,
    );
    return contactId;
  }

  thread(contactId: string): Promise<ThreadView> {
    return this.client.must<ThreadView>('GET', `/api/desk/contacts/${contactId}`);
  }

  say(contactId: string, text: string, more: object = {}): Promise<MessageView> {
    const clientId = `agent-${Math.random().toString(36).slice(2, 14).padEnd(8, '0')}`;
    return this.client.must<MessageView>('POST', `/api/desk/contacts/${contactId}/messages`, {
      clientId,
      text,
      ...more,
    });
  }

  close(contactId: string, body: object = {}): Promise<unknown> {
    return this.client.must('POST', `/api/desk/contacts/${contactId}/close`, body);
  }
}
