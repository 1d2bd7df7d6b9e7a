/**
 * Everything at once on the real house: a customer chats from a page with the widget, a mail comes by SMTP, a call rings the
 * desk phone, and one agent, whose capacity allows it, handles all three on the agent's page; the television counts each.
 */
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import type { Page } from 'playwright-core';
import { freePort } from '../../support/free-port.ts';
import type { BoardState } from '../../../server/contract/live.ts';
import type { NewUser } from '../../../server/contract/rest.ts';
import { startSmtpSink, type SmtpSink } from '../../support/smtp-sink.ts';
import { until } from '../../support/until.ts';
import { LiveHouse } from './live-house.ts';

const siteWith = (
  listener: number,
  smarthost: number,
) => `site: { name: Northgate Bank, timeZone: Europe/Rome, language: en }
routing: { blocks: { voice: [], chat: [], mail: [] } }
numbers: [{ number: '701', queue: phone }]
queues:
  - { id: phone, name: Phone, ringSec: 30, record: false }
  - { id: chat, name: Chat, ringSec: 30 }
  - { id: mail, name: Mail, ringSec: 30 }
trunks: [{ id: loopback, addresses: ['127.0.0.1'] }]
phones: [{ id: '1001', password: secret-1001 }]
agents:
  - { id: '101', name: Anna Bianchi, queues: [phone, chat, mail], phone: '1001', wrapUp: { mode: none } }
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'] }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: ${smarthost}, tls: none }
  mailboxes: [{ id: help, name: Help desk, address: help@bank.example, queue: mail }]
dispositions: [{ id: solved, name: Solved }]
`;
const password = 'quite another long one';

describe('calls, chats and mails at one desk', function () {
  this.timeout(90_000);
  type Visitor = Awaited<ReturnType<LiveHouse['visitor']>>;
  let live: LiveHouse;
  let sink: SmtpSink;
  let port: number;
  let admin: Visitor;
  let television: Visitor;
  let agent: Visitor;
  let customer: Visitor;

  before(async () => {
    sink = await startSmtpSink();
    port = await freePort();
    live = await LiveHouse.open(siteWith(port, sink.port));
    admin = await live.setUp('lang=en');
    television = await live.display(admin.page, 'Hall');
    agent = await live.visitor();
    customer = await live.visitor();
    const made = await live.request(admin.context, 'POST', '/api/users', {
      username: 'anna',
      role: 'agent',
      agentId: '101',
    });
    const { oneTimePassword } = made.body as NewUser;
    await live.request(agent.context, 'POST', '/api/session', {
      username: 'anna',
      password: oneTimePassword,
    });
    await live.request(agent.context, 'POST', '/api/me/password', {
      current: oneTimePassword,
      next: password,
    });
    await live.agentPhone('1001');
    await live.house.untilAgent('101', 'ready');
    await agent.page.goto(`${live.url}/agent/?lang=en`);
    await agent.page.locator('.state-card[data-state=ready]').waitFor();
  });
  after(async () => {
    await live?.close();
    await sink?.close();
  });

  const accept = async (page: Page) => {
    await page.locator('[data-offer] [data-do=accept]').first().click();
    await page.locator('.thread').waitFor();
  };
  const answer = async (page: Page, text: string) => {
    await page.fill('#composer-text', text);
    await page.locator('[data-do=send]').click();
    await page.locator('.by-agent .message-text', { hasText: text }).waitFor();
  };
  const board = async () => (await live.floor(admin.context)).board;
  const finish = async (page: Page, contactId: string) => {
    await page.locator(`.row[data-contact="${contactId}"]`).click();
    await page.locator('[data-do=close]').click();
    await page.locator('dialog [type=submit], [role=dialog] [type=submit]').first().click();
    await page.locator(`.row[data-contact="${contactId}"]`).waitFor({ state: 'detached' });
  };

  it('are handled by one agent, and the television counts each', async () => {
    const { page } = agent;
    const shop = customer.page;
    await shop.goto(`${live.house.stack.publicUrl}/chat/demo?lang=en`);
    await shop.locator('.launcher').click();
    await shop.getByRole('button', { name: 'Start chat' }).click();
    await shop.locator('.composer textarea').fill('My card is lost');
    await shop.locator('.composer textarea').press('Enter');
    await accept(page);
    await page.locator('.message-text', { hasText: 'My card is lost' }).waitFor();
    await answer(page, 'I block it at once');
    await shop.locator('.bubble', { hasText: 'I block it at once' }).waitFor();
    const chatId = await page.locator('.thread').getAttribute('data-thread');

    const relay = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    await relay.sendMail({
      from: 'Carla <carla@example.org>',
      to: 'help@bank.example',
      subject: 'A statement',
      text: 'Please send me one.',
    });
    relay.close();
    await accept(page);
    await page.locator('.message-text', { hasText: 'Please send me one.' }).waitFor();
    await answer(page, 'Here it comes.');
    await until('the answer went out', async () => sink.mails.length === 1);
    const mailId = await page.locator('.thread').getAttribute('data-thread');

    const caller = await live.caller('0559998877');
    await caller.dial('701');
    await live.house.untilAgent('101', 'talking');
    await page.locator('.row', { hasText: '0559998877' }).waitFor();
    const at = await board();
    const talking = (of: BoardState, queueId: string) => of.queues[queueId]?.talking;
    expect(['phone', 'chat', 'mail'].map((queueId) => talking(at, queueId))).to.deep.equal([1, 1, 1]);
    expect((await live.floor(admin.context)).agents['101']).to.include({ state: 'talking', textInHand: 2 });

    await caller.hangup();
    await live.house.untilAgent('101', 'ready');
    await finish(page, mailId ?? '');
    await finish(page, chatId ?? '');
    await live.house.untilIdle();
    await until('the television has counted three', async () => {
      const text = await television.page.locator('#app').innerText();
      return /\b3\b/.test(text) && (await board()).accounting.answered === 3;
    });
    expect([...agent.errors, ...customer.errors, ...television.errors]).to.deep.equal([]);
  });
});
