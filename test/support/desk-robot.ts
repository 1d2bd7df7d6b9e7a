/**
 * An agent who works through whatever comes, for tests that kill parts of the house: accepts, answers each new message of a
 * customer once, and goes on after every fault. What was acknowledged to it is noted; what was not it says again under the
 * same id, as the page does.
 */
import type { DeskContact, DeskView, MessageView } from '../../server/contract/desk.ts';
import type { WebAgent } from './web-client.ts';

export interface Answer {
  contactId: string;
  messageId: string;
  text: string;
  channel: string;
}

export class DeskRobot {
  readonly agent: WebAgent;
  readonly answers = new Map<string, Answer>();
  /** Closes everything that has its answer; before, mails only. */
  isClosing = false;
  /** The newest fault, for a test that waits in vain. */
  lastFault = '';
  #isStopped = false;
  #watchedAt = 0;

  constructor(agent: WebAgent) {
    this.agent = agent;
  }

  stop(): void {
    this.#isStopped = true;
    this.agent.leave();
  }

  /** The page lost its socket: it is opened again. */
  reload(): void {
    this.#watchedAt = 0;
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#step().catch((error: unknown) => {
        this.lastFault = String(error);
      });
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  async #step(): Promise<void> {
    const { agent } = this;
    const { status, body } = await agent.client.call<DeskView>('GET', '/api/desk');
    if (status === 401) await agent.signIn();
    if (status !== 200) return;
    if (this.#watchedAt === 0) {
      await agent.watch();
      this.#watchedAt = performance.now();
    }
    if (body.state === 'not-ready' || body.state === 'logged-out') await agent.goReady();
    for (const { offerId } of body.offers)
      await agent.client.call('POST', `/api/desk/offers/${offerId}/accept`, {});
    for (const contact of body.mine) if (!this.#isStopped) await this.#work(contact);
  }

  async #work({ contactId, channel }: DeskContact): Promise<void> {
    const { messages } = await this.agent.thread(contactId);
    const asked = messages.findLast(({ author, kind }) => author === 'customer' && kind === 'message');
    if (!asked) return;
    await this.#answer(contactId, channel, asked);
    if (channel === 'mail' || this.isClosing) await this.agent.close(contactId);
  }

  async #answer(contactId: string, channel: string, asked: MessageView): Promise<void> {
    const clientId = `answer-to-${asked.messageId}`.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 64);
    if (this.answers.has(clientId)) return;
    const text = `An answer to ${asked.messageId}.`;
    const { messageId } = await this.agent.say(contactId, text, { clientId });
    this.answers.set(clientId, { contactId, messageId, text, channel });
  }
}
