/** The agent's page in a real browser against the stand-in of the desk: a shift, from signing in to closing contacts. */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { startDeskBackend, type DeskBackend, type DeskBackendOptions } from '../support/desk-backend.ts';
import { deskUser } from '../support/desk-routes.ts';
import { busyDesk } from '../support/desk-scenes.ts';
import { builtUi } from '../support/ui-build.ts';
import { findOverflow, launchBrowser, listenForErrors, until } from '../support/ui-browser.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];

/** A browser's notifications that note what is asked and shown; the page is out of sight. */
const watchedNotifications = `
  window.asks = 0;
  window.shown = [];
  window.Notification = class {
    static permission = 'default';
    static async requestPermission() {
      window.asks += 1;
      return (window.Notification.permission = 'granted');
    }
    constructor(_title, options) {
      window.shown.push(options.body);
    }
    close() {}
  };
  document.hasFocus = () => false;
`;

describe('agent desk in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let dist: string;
  let backend: DeskBackend;
  let page: Page;
  let errors: string[] = [];

  before(async () => {
    dist = await builtUi();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
  });
  afterEach(async () => {
    await page.context().close();
    await backend.close();
  });

  async function open(options: DeskBackendOptions = {}, query = 'lang=en') {
    backend = await startDeskBackend({ dist, ...options });
    page = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
    page.setDefaultTimeout(20_000);
    // A refusal that the test provokes is an answer of the server, not a fault of the page.
    errors = listenForErrors(
      page,
      (text) =>
        text.includes('Failed to load resource') || text.includes('ERR_') || text.includes('WebSocket'),
    );
    await page.goto(`${backend.url}/agent/?${query}`);
  }
  async function signIn(options: DeskBackendOptions = {}, query?: string) {
    await open(options, query);
    await page.fill('#username', deskUser.username);
    await page.fill('#password', deskUser.password);
    await page.keyboard.press('Enter');
    await page.locator('[data-connection=live]').first().waitFor();
  }
  const asked = (path: string) => backend.asked.filter((request) => request.path.endsWith(path));
  const row = (contactId: string) => page.locator(`.row[data-contact="${contactId}"]`);
  const texts = () => page.locator('.message .message-text').allInnerTexts();
  async function chat(contactId: string, text: string) {
    backend.put({
      contactId,
      channel: 'chat',
      customer: { name: `Customer ${contactId}` },
      isCustomerHere: true,
    });
    backend.write(contactId, { text });
    await row(contactId).waitFor();
  }

  it('signs in with a one-time password, chooses another, and logs in for calls and text', async () => {
    await open({ mustChangePassword: true, desk: { state: 'logged-out' } });
    await page.fill('#username', deskUser.username);
    await page.fill('#password', 'wrong');
    await page.keyboard.press('Enter');
    await page.locator('.notice-bad').waitFor();
    await page.fill('#password', deskUser.password);
    await page.keyboard.press('Enter');
    await page.fill('#current', deskUser.password);
    await page.fill('#new-password', 'a long enough one');
    await page.fill('#new-password-again', 'a long enough one');
    await page.keyboard.press('Enter');
    await page.fill('#phone', '9999');
    await page.click('[data-do=log-in]');
    await page.locator('.told .notice-bad').waitFor();
    await page.fill('#phone', '1007');
    await page.click('[data-do=log-in]');
    await page.locator('.state-card[data-state=not-ready]').waitFor();
    expect(backend.view.phoneId).to.equal('1007');
    await page.click('.go-ready');
    await page.locator('.state-card[data-state=ready]').waitFor();
    await page.click('.state-opener');
    await page.click('[data-reason=lunch]');
    await page.locator('.state-card[data-state=not-ready]', { hasText: 'Lunch' }).waitFor();
    await page.click('.state-opener');
    await page.click('[data-to=logged-out]');
    await page.locator('.log-in').waitFor();
    await page.fill('#phone', '');
    await page.click('[data-do=log-in]');
    await page.locator('.state-card').waitFor();
    expect(backend.view.phoneId).to.equal(undefined);
    expect(errors).to.deep.equal([]);
  });

  it('leads an agent who came by the bare address to the desk', async () => {
    await open();
    await page.goto(`${backend.url}/`);
    await page.fill('#username', deskUser.username);
    await page.fill('#password', deskUser.password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${backend.url}/agent/`);
    await page.locator('.state-card').waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('says plainly that a user has no agent', async () => {
    await open({ isNoAgent: true });
    await page.fill('#username', deskUser.username);
    await page.fill('#password', deskUser.password);
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'There is no desk' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#password').waitFor();
  });

  it('accepts an offer, which opens, and lets another run out', async () => {
    await signIn();
    backend.offer({ contactId: 'c1', channel: 'chat', customer: { name: 'Tom' } });
    await page.locator('[data-offer=c1] [data-do=accept]').click();
    await page.locator('.thread[data-thread=c1]').waitFor();
    expect(await page.locator('.offer').count()).to.equal(0);
    backend.offer({ contactId: 'c2', channel: 'mail', subject: 'Hello' }, 3000);
    await page.locator('[data-offer=c2]').waitFor();
    expect(await page.locator('[aria-live=assertive]').innerText()).to.contain('Mail');
    await page.locator('[data-offer=c2]').waitFor({ state: 'detached' });
    await page.locator('.told', { hasText: 'not accepted in time' }).waitFor();
    await page.locator('.state-card[data-state=not-ready]').waitFor();
    backend.offer({ contactId: 'c3', channel: 'chat' });
    await page.locator('[data-offer=c3] [data-do=reject]').click();
    await page.locator('[data-offer=c3]').waitFor({ state: 'detached' });
    expect(asked('/reject')).to.have.length(1);
    expect(errors).to.deep.equal([]);
  });

  it('has two chats and a mail in hand at once, each with its own draft and count', async () => {
    await signIn();
    await chat('c1', 'first of one');
    await chat('c2', 'first of two');
    backend.put({ contactId: 'm1', channel: 'mail', subject: 'A subject', customer: { name: 'Meg' } });
    backend.write('m1', { text: 'Dear all', quoted: '> what was said' });
    await row('m1').locator('.badge').waitFor();
    await row('c1').click();
    await until('c1 is read', () => backend.view.mine.find((one) => one.contactId === 'c1')?.unread === 0);
    await page.fill('#composer-text', 'begun in one');
    await row('c2').click();
    await page.locator('.thread[data-thread=c2]').waitFor();
    expect(await page.inputValue('#composer-text')).to.equal('');
    await page.fill('#composer-text', 'Hello two');
    await page.keyboard.press('Enter');
    await page.locator('.by-agent .message-text', { hasText: 'Hello two' }).waitFor();
    backend.write('c1', { text: 'second of one' });
    await until('the count', async () => (await row('c1').locator('.badge').innerText()) === '1');
    await until('the title', async () => (await page.title()).startsWith('(2) '));
    await row('m1').click();
    await page.locator('.quoted summary').click();
    await page.locator('.quoted .message-text', { hasText: 'what was said' }).waitFor();
    await page.fill('#composer-text', 'Dear Meg');
    await page.keyboard.press('Enter');
    await page.keyboard.type('a second line');
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-delivery=queued]').waitFor();
    const sent = backend.threads.get('m1')?.messages.at(-1);
    expect(sent?.text).to.equal('Dear Meg\na second line');
    backend.amend(sent?.messageId ?? '', { delivery: 'failed', fault: 'mailbox full' });
    await page.locator('[data-delivery=failed]', { hasText: 'mailbox full' }).waitFor();
    await row('c1').click();
    expect(await page.inputValue('#composer-text')).to.equal('begun in one');
    await page.reload();
    await row('c1').click();
    await page.locator('#composer-text').waitFor();
    expect(await page.inputValue('#composer-text')).to.equal('begun in one');
    expect(await texts()).to.deep.equal(['first of one', 'second of one']);
    expect(errors).to.deep.equal([]);
  });

  it('answers with a file, and says why another one is refused', async () => {
    await signIn();
    await chat('c1', 'please send the form');
    await row('c1').click();
    await page.locator('#composer-text').waitFor();
    await page.setInputFiles('input[type=file]', [
      { name: 'form.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(3000, 1) },
      { name: 'tool.exe', mimeType: 'application/octet-stream', buffer: Buffer.alloc(10) },
      { name: 'huge.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(6_000_000) },
    ]);
    await page.locator('[data-file=there]', { hasText: 'form.pdf' }).waitFor();
    await page.locator('[data-file=refused]', { hasText: 'not allowed' }).waitFor();
    await page.locator('[data-file=refused]', { hasText: 'too large' }).waitFor();
    await page.fill('#composer-text', 'Here it is');
    await page.keyboard.press('Enter');
    await page.locator('.message .file', { hasText: 'form.pdf' }).waitFor();
    expect(await page.locator('.composer .file').count()).to.equal(0);
    // The page shows it before the server has it.
    const newest = () => backend.threads.get('c1')?.messages.at(-1);
    await until('the answer has come', () => newest()?.text === 'Here it is');
    expect(newest()?.attachments[0]?.bytes).to.equal(3000);
    expect(await page.locator('[data-do=send]').isDisabled()).to.equal(true);
    await page.setInputFiles('input[type=file]', {
      name: 'alone.pdf',
      mimeType: 'application/pdf',
      buffer: Buffer.alloc(10, 1),
    });
    await page.locator('[data-file=there]', { hasText: 'alone.pdf' }).waitFor();
    await page.click('[data-do=send]');
    await page.locator('.message .file', { hasText: 'alone.pdf' }).waitFor();
    expect(
      await page.locator('.message', { hasText: 'alone.pdf' }).locator('.message-text').count(),
    ).to.equal(0);
    await row('c1').locator('.row-text', { hasText: 'File' }).waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('calls colleagues by their names, and one whom the site has no more by the number', async () => {
    await signIn();
    await chat('c1', 'hello');
    const colleague = { author: 'agent', agentId: '205' } as const;
    backend.write('c1', { ...colleague, agentName: 'Marco Bianchi', text: 'good day' });
    backend.write('c1', { ...colleague, agentName: 'Marco Bianchi', text: 'a hard case', isNote: true });
    backend.write('c1', { author: 'agent', agentId: '299', text: 'long ago' });
    await row('c1').click();
    await page.locator('.message', { hasText: 'long ago' }).waitFor();
    expect(await page.locator('.message .message-from').allInnerTexts()).to.deep.equal([
      'Marco Bianchi',
      'Marco Bianchi',
      'Agent 299',
    ]);
    expect(errors).to.deep.equal([]);
  });

  it('sends again after lost answers, under the same name, and says nothing twice', async () => {
    await signIn();
    await chat('c1', 'hello');
    await row('c1').click();
    await page.locator('#composer-text').waitFor();
    backend.loseAnswers(2);
    await page.fill('#composer-text', 'only once');
    await page.keyboard.press('Enter');
    await page.fill('#composer-text', 'and then this');
    await page.keyboard.press('Enter');
    await until('both are there', () => backend.threads.get('c1')?.messages.length === 3);
    await until('nothing is pending', async () => (await page.locator('[data-pending]').count()) === 0);
    expect(await texts()).to.deep.equal(['hello', 'only once', 'and then this']);
    const names = asked('/messages').map(({ body }) => (body as { clientId: string }).clientId);
    expect(new Set(names).size).to.equal(2);
    expect(errors).to.deep.equal([]);
  });

  it('keeps what is written while the server is away, and shows that it waits', async () => {
    await signIn();
    await chat('c1', 'hello');
    await row('c1').click();
    await page.locator('#composer-text').waitFor();
    backend.cut(true);
    await until('it is grey', async () => (await page.locator('.desk.is-stale').count()) === 1, 2500);
    await page.locator('.cut-band').waitFor();
    await page.fill('#composer-text', 'written in the dark');
    await page.keyboard.press('Enter');
    await page.locator('[data-pending=waiting]').waitFor();
    // Meanwhile the customer wrote: only a thread that is fetched again has it.
    backend.write('c1', { text: 'are you there?' });
    backend.cut(false);
    await page.locator('.desk:not(.is-stale)').waitFor();
    await until('all three', async () => (await texts()).length === 3);
    await until('nothing is pending', async () => (await page.locator('[data-pending]').count()) === 0);
    expect(await texts()).to.deep.equal(['hello', 'are you there?', 'written in the dark']);
  });

  it('is grey within 2 s of silence and recovers', async () => {
    await signIn();
    backend.silence(true);
    const at = Date.now();
    await until('it is grey', async () => (await page.locator('.desk.is-stale').count()) === 1);
    expect(Date.now() - at).to.be.lessThan(2100);
    backend.silence(false);
    await page.locator('.desk:not(.is-stale)').waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('writes a note, passes a contact on with one, and closes another with its result', async () => {
    await signIn();
    await chat('c1', 'hello');
    await chat('c2', 'hello');
    await row('c1').click();
    await page.click('[data-do=note]');
    await page.fill('#composer-text', 'asked the branch');
    await page.keyboard.press('Enter');
    await page.locator('.message.is-note', { hasText: 'asked the branch' }).waitFor();
    const lastKept = () => backend.threads.get('c1')?.messages.at(-1);
    await until('it is kept', () => lastKept()?.text === 'asked the branch');
    expect(lastKept()?.isNote).to.equal(true);
    await page.click('[data-do=transfer]');
    await page.locator('.choice', { hasText: 'Mortgages and loans' }).waitFor();
    await page.locator('dialog button[type=submit]').click();
    await page.locator('.dialog-fault').waitFor();
    await page.fill('#transfer-search', 'marco');
    expect(await page.locator('.choice').count()).to.equal(1);
    await page.locator('.choice').click();
    await page.fill('#transfer-note', 'speaks Italian');
    await page.locator('dialog button[type=submit]').click();
    await row('c1').waitFor({ state: 'detached' });
    expect(asked('/transfer')[0]?.body).to.deep.equal({ agentId: '205', note: 'speaks Italian' });
    await row('c2').click();
    await page.click('[data-do=close]');
    await page.locator('.choice', { hasText: 'Solved' }).click();
    await page.fill('#close-note', 'done');
    await page.locator('dialog button[type=submit]').click();
    await row('c2').waitFor({ state: 'detached' });
    expect(asked('/close')[0]?.body).to.deep.equal({ disposition: 'solved', note: 'done' });
    expect(await page.locator('.told', { hasText: 'no longer on your desk' }).count()).to.equal(0);
    await chat('c3', 'hello');
    backend.take('c3');
    await page.locator('.told', { hasText: 'Customer c3 is no longer on your desk' }).waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('cannot answer a customer who has gone, and gives a refused text back', async () => {
    await signIn();
    backend.put(
      { contactId: 'c1', channel: 'chat', isCustomerHere: false },
      { may: { reply: false, attach: false, html: false }, whyNoReply: 'customer-gone' },
    );
    await row('c1').click();
    await page.locator('.composer-no', { hasText: 'has left the chat' }).waitFor();
    expect(await page.locator('#composer-text').count()).to.equal(0);
    await chat('c2', 'hello');
    await row('c2').click();
    await page.locator('#composer-text').waitFor();
    const leave = { reply: false, attach: false, html: false };
    Object.assign(backend.threads.get('c2') ?? {}, { may: leave, whyNoReply: 'customer-gone' });
    backend.change('c2', { isCustomerHere: false });
    await page.locator('.composer-no', { hasText: 'has left the chat' }).waitFor();
    Object.assign(backend.threads.get('c2') ?? {}, { may: { ...leave, reply: true } });
    backend.change('c2', { isCustomerHere: true });
    await page.locator('#composer-text').waitFor();
    await page.route('**/messages', (route) =>
      route.fulfill({
        status: 409,
        json: { error: { code: 'conflict', details: { reason: 'customer-gone' } } },
      }),
    );
    await page.fill('#composer-text', 'too late');
    await page.keyboard.press('Enter');
    await page.locator('[data-pending=refused]').waitFor();
    await page.getByRole('button', { name: 'Take back the text' }).click();
    expect(await page.inputValue('#composer-text')).to.equal('too late');
    expect(await page.locator('[data-pending]').count()).to.equal(0);
  });

  it('shows the call that is on the desk phone, and ends its wrap-up', async () => {
    await signIn();
    backend.offer({ contactId: 'v0', channel: 'voice', customer: { address: '+44 20 7946 0958' } });
    await page.locator('[data-offer=v0]', { hasText: 'Your desk phone rings' }).waitFor();
    expect(await page.locator('[data-offer=v0] button').count()).to.equal(0);
    backend.take('v0');
    Object.assign(backend.view, { state: 'talking', since: Date.now() });
    backend.put({
      contactId: 'v1',
      channel: 'voice',
      customer: { name: 'Ann', address: '+44 20 7946 0958' },
    });
    await row('v1').click();
    await page.locator('.call-card', { hasText: 'On your desk phone' }).waitFor();
    await page.click('[data-do=transfer]');
    await page.locator('.choice').first().click();
    await page.keyboard.press('Escape');
    Object.assign(backend.view, { state: 'wrap-up', since: Date.now(), until: Date.now() + 30_000 });
    backend.publish();
    await page.click('.call-card [data-do=end-wrap-up]');
    await page.locator('.state-card[data-state=ready]').waitFor();
    expect(await page.locator('.row').count()).to.equal(0);
    expect(errors).to.deep.equal([]);
  });

  it('opens what a customer wrote who asked to be called, as soon as the handset is lifted', async () => {
    await signIn();
    const asked = {
      contactId: 'b1',
      channel: 'callback',
      customer: { name: 'Carla Rossi', address: '+390212345678' },
    } as const;
    backend.offer(asked);
    const offer = page.locator('[data-offer=b1]', { hasText: 'Callback' });
    await offer.getByText('Your desk phone rings').waitFor();
    expect(await offer.locator('button').count()).to.equal(0);
    backend.put(asked);
    backend.write('b1', { text: 'My card was swallowed.' });
    backend.view.offers = [];
    backend.publish();
    await page.locator('.message .message-text', { hasText: 'My card was swallowed.' }).waitFor();
    await page.getByText('+390212345678').first().waitFor();
    // The customer hangs up: the agent has heard it.
    backend.take('b1');
    await row('b1').waitFor({ state: 'detached' });
    expect(await page.locator('.told .notice').count()).to.equal(0);
    expect(errors).to.deep.equal([]);
  });

  it('shows what a customer sends as text, and their HTML only in a frame that may do nothing', async () => {
    const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
    await signIn();
    backend.put({
      contactId: 'x1',
      channel: 'mail',
      subject: evil,
      customer: { name: evil, address: 'a@b' },
      queueName: evil,
    });
    const message = backend.write('x1', {
      text: evil,
      quoted: evil,
      hasHtml: true,
      subject: evil,
      from: { name: evil, address: 'a@b' },
      attachments: [{ attachmentId: 'q', name: evil, mime: 'text/html', bytes: 3, isPicture: false }],
    });
    backend.html.set(message.messageId, `<p id="inside">shown</p>${evil}<script>top.hacked=1</script>`);
    backend.offer({ contactId: 'x2', channel: 'chat', customer: { name: evil }, preview: evil });
    await row('x1').click();
    await page.locator('.message-text').first().waitFor();
    expect(await texts()).to.include(evil);
    expect(await page.locator('.thread-head h1').innerText()).to.equal(evil);
    await page.getByRole('button', { name: 'Show the mail as it was sent' }).click();
    await page.frameLocator('iframe').locator('#inside').waitFor();
    expect(await page.locator('iframe').getAttribute('sandbox')).to.equal('');
    expect(await page.locator('#app script, #app img[src=x]').count()).to.equal(0);
    expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).to.equal(undefined);
    // The frame refuses the script and says so: the only word that may be said.
    expect(errors.filter((text) => !/sandbox|Content Security Policy/i.test(text))).to.deep.equal([]);
  });

  it('works by keyboard alone', async () => {
    await signIn();
    await chat('c1', 'one');
    await chat('c2', 'two');
    backend.offer({ contactId: 'c3', channel: 'chat', customer: { name: 'Three' } });
    await page.locator('[data-offer=c3]').waitFor();
    const { keyboard } = page;
    await keyboard.press('j');
    await page.locator('.thread[data-thread=c1]').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.id);
    await until('the row has the focus', async () => (await focused()) === 'row-c1');
    expect(
      await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle),
    ).to.equal('solid');
    await page.locator('#composer-text').waitFor();
    await keyboard.press('r');
    await until('one may write', async () => (await focused()) === 'composer-text');
    await keyboard.type('jk are letters here');
    await keyboard.press('Enter');
    await page.locator('.by-agent', { hasText: 'jk are letters here' }).waitFor();
    await keyboard.press('Escape');
    await keyboard.press('a');
    await page.locator('.thread[data-thread=c3]').waitFor();
    await page.locator('#composer-text').waitFor();
    await keyboard.press('n');
    await until('one may note', async () => (await focused()) === 'composer-text');
    await keyboard.type('seen');
    await keyboard.press('Enter');
    await page.locator('.is-note', { hasText: 'seen' }).waitFor();
    await keyboard.press('Escape');
    await keyboard.press('/');
    await keyboard.type('Customer c2');
    await keyboard.press('Enter');
    await page.locator('.thread[data-thread=c2]').waitFor();
    await keyboard.press('?');
    await page.locator('.keys').waitFor();
    await keyboard.press('Escape');
    await keyboard.press('t');
    // Who may take it is asked for when the dialog opens: before, Tab leads past the choices.
    await page.locator('.choice').first().waitFor();
    await until('one may search', async () => (await focused()) === 'transfer-search');
    await keyboard.press('Tab');
    await keyboard.press('Space');
    await page.locator('.choice.is-chosen').waitFor();
    await keyboard.press('Enter');
    await row('c2').waitFor({ state: 'detached' });
    expect(asked('/transfer')[0]?.body).to.deep.equal({ queueId: 'cards' });
    expect(errors).to.deep.equal([]);
  });

  it('asks for notifications by its button alone, and rings no more when its sound is off', async () => {
    await open();
    await page.addInitScript({ content: watchedNotifications });
    await page.reload();
    await page.fill('#username', deskUser.username);
    await page.fill('#password', deskUser.password);
    await page.keyboard.press('Enter');
    await page.locator('[data-connection=live]').first().waitFor();
    const notes = () =>
      page.evaluate(() => {
        const { asks, shown } = window as unknown as { asks: number; shown: string[] };
        return { asks, shown };
      });
    backend.offer({ contactId: 'c1', channel: 'chat', customer: { name: 'Tom Secret' } });
    await page.locator('[data-offer=c1]').waitFor();
    expect(await notes()).to.deep.equal({ asks: 0, shown: [] });
    await page.click('[data-switch=notify]');
    await page.locator('[data-switch=notify][aria-pressed=true]').waitFor();
    backend.offer({ contactId: 'c2', channel: 'mail', customer: { name: 'Meg Secret' } });
    await until('a notification', async () => (await notes()).shown.length === 1);
    expect(await notes()).to.deep.equal({ asks: 1, shown: ['New contact for you: Card services'] });
    await page.click('[data-switch=sound]');
    await page.locator('[data-switch=sound][aria-pressed=false]').waitFor();
    await page.reload();
    await page.locator('[data-switch=sound][aria-pressed=false]').waitFor();
  });

  it('hides everything when the session ends elsewhere, and leaves nothing behind after signing out', async () => {
    await signIn();
    await chat('c1', 'hello');
    await row('c1').click();
    await page.fill('#composer-text', 'half a sentence');
    backend.endSession();
    await page.locator('#password').waitFor();
    expect(await page.locator('.row').count()).to.equal(0);
    await page.fill('#username', deskUser.username);
    await page.fill('#password', deskUser.password);
    await page.keyboard.press('Enter');
    await row('c1').click();
    await page.locator('#composer-text').waitFor();
    expect(await page.inputValue('#composer-text')).to.equal('half a sentence');
    await page.click('.account-opener');
    await page.click('[data-do=sign-out]');
    await page.locator('#password').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).to.equal(0);
  });

  for (const [language, fault] of [
    ['en', 'Not delivered: the mail came back (5.1.1)'],
    ['ru', 'Не доставлено: письмо вернулось (5.1.1)'],
    ['it', 'Non recapitato: il messaggio è tornato indietro (5.1.1)'],
  ] as const)
    it(`says in ${language} why a mail was given up`, async () => {
      await signIn({}, `lang=${language}`);
      busyDesk(backend, language);
      await row('mail').click();
      await page.fill('#composer-text', 'Dear Meg');
      await page.keyboard.press('Control+Enter');
      await page.locator('[data-delivery=queued]').waitFor();
      const sent = backend.threads.get('mail')?.messages.at(-1);
      backend.amend(sent?.messageId ?? '', { delivery: 'failed', fault: 'the mail came back (5.1.1)' });
      await page.locator('[data-delivery=failed]').waitFor();
      expect(await page.locator('[data-delivery=failed]').innerText()).to.equal(fault);
    });

  for (const [language, maintenance] of [
    ['en', /^Maintenance until \d+/],
    ['ru', /^Технические работы до \d+/],
    ['it', /^Manutenzione fino al(le)? \d+/],
  ] as const)
    it(`fits in ${language} at 1366x768 and 1920x1080`, async () => {
      await signIn({ desk: { state: 'logged-out' } }, `lang=${language}`);
      await page.locator('.log-in').waitFor();
      const look = async (what: string) => {
        for (const size of sizes) {
          await page.setViewportSize(size);
          expect(await findOverflow(page), `${what} ${size.width}`).to.deep.equal([]);
        }
      };
      await look('log-in');
      Object.assign(backend.view, { state: 'not-ready', reason: 'rona', isSystemReason: true });
      backend.publish();
      await page.locator('.go-ready').waitFor();
      await look('empty');
      await page.click('.state-opener');
      await look('menu');
      await page.keyboard.press('Escape');
      busyDesk(backend, language);
      backend.view.maintenanceUntil = Date.now() + 3_600_000;
      backend.publish();
      expect(await page.locator('.maintenance b').innerText()).to.match(maintenance);
      for (const contactId of ['mail', 'chat', 'call']) {
        await row(contactId).click();
        await page
          .locator(contactId === 'call' ? '.call-card' : '.message')
          .first()
          .waitFor();
        await look(contactId);
      }
      await row('chat').click();
      await page.locator('#composer-text').waitFor();
      for (const key of ['t', 'e', '?']) {
        await page.keyboard.press(key);
        await page.locator('dialog[open]').waitFor();
        await look(key);
        await page.keyboard.press('Escape');
        await page.locator('dialog').waitFor({ state: 'detached' });
      }
      backend.cut(true);
      await page.locator('.desk.is-stale').waitFor();
      await look('cut');
      expect(errors).to.deep.equal([]);
    });
});
