/**
 * The customer's widget in a real browser, on the page of a bank with the strictest policy that can work, against the stand-in
 * server: lines both ways, reloads, tabs, cuts, files, forms, consent, transcript, keyboard, touch, languages, hostile text.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { builtWidget } from '../support/chat-backend-texts.ts';
import { startChatBackend, type ChatBackend } from '../support/chat-backend.ts';
import { launchBrowser, listenForErrors, until } from '../support/ui-browser.ts';

/** The smallest picture there is: one dot. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

describe('chat widget in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let dist: string;
  let backend: ChatBackend;
  let context: BrowserContext;
  let errors: string[] = [];

  before(async () => {
    dist = await builtWidget();
    browser = await launchBrowser();
  });
  after(() => browser.close());
  beforeEach(async () => {
    backend = await startChatBackend({ dist });
    context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
    errors = [];
  });
  afterEach(async () => {
    await context.close();
    await backend.close();
  });

  async function open(options?: BrowserContextOptions): Promise<Page> {
    if (options) {
      await context.close();
      context = await browser.newContext(options);
    }
    const page = await context.newPage();
    // A cut that the test makes is reported by the browser; a refusal by the policy must not be.
    const found = listenForErrors(page, (text) => /WebSocket|Failed to load resource|ERR_/.test(text));
    errors = found;
    await page.goto(backend.pageUrl);
    return page;
  }
  async function begin(page: Page, question = ''): Promise<void> {
    await page.locator('.launcher').click();
    if (question !== '') await page.fill('#ask-question', question);
    await page.locator('#ask-consent').check();
    await page.getByRole('button', { name: 'Start chat' }).click();
    await page.locator('.panel[data-live=true]').waitFor();
    // What is answered at once is to come behind it.
    if (question !== '') await until('the question is kept', () => kept().length > 0);
  }
  async function write(page: Page, text: string): Promise<void> {
    await page.locator('.composer textarea').fill(text);
    await page.locator('.composer textarea').press('Enter');
  }
  const shown = (page: Page) => page.locator('.bubble').allInnerTexts();
  const kept = () => backend.session().lines.map((line) => line.text);
  const untilShown = (page: Page, texts: string[]) =>
    until(
      `shown: ${texts.join(', ')}`,
      async () => (await shown(page)).join('|') === texts.join('|'),
      15_000,
    );
  const untilNothingPending = (page: Page) =>
    until('nothing pending', async () => (await page.locator('[data-status=pending]').count()) === 0, 15_000);

  it('begins a chat, shows the place in the queue, and carries lines both ways', async () => {
    const page = await open();
    await begin(page, 'My card was charged twice.');
    expect(backend.session().request).to.deep.equal({
      language: 'en',
      page: `${backend.pageUrl}/`,
      consent: { version: '2026-03' },
    });
    await untilShown(page, ['My card was charged twice.']);
    expect(await page.locator('.waiting-title').innerText())
      .to.contain('3')
      .and.to.contain('4 minutes');
    backend.state({ phase: 'waiting', position: 1 });
    await page.getByText('You are next.').waitFor();
    backend.state({ phase: 'talking', agentName: 'Anna' });
    await page.getByText('Anna is with you').waitFor();
    backend.typing();
    await page.locator('.typing').waitFor();
    backend.say('Good day.');
    await untilShown(page, ['My card was charged twice.', 'Good day.']);
    await page.locator('.typing').waitFor({ state: 'detached' });
    await write(page, 'Thank you.');
    await until('kept', () => kept().length === 3);
    expect(backend.frames.some((frame) => frame.type === 'typing')).to.equal(true);
    expect(errors).to.deep.equal([]);
  });

  it('needs the consent, sends nothing before it, and asks again when the text has changed', async () => {
    const page = await open();
    await page.locator('.launcher').click();
    await page.getByRole('button', { name: 'Start chat' }).click();
    await page.locator('#ask-consent-fault').waitFor();
    expect(backend.sessions).to.deep.equal([]);
    const focused = () =>
      page.evaluate(() => document.querySelector('hearthline-widget')?.shadowRoot?.activeElement?.id);
    await until('the focus is there', async () => (await focused()) === 'ask-consent');
    await page.locator('#ask-consent').check();
    backend.configure({ consent: { version: '2026-04', text: 'The new text.' } });
    await page.getByRole('button', { name: 'Start chat' }).click();
    await page.getByText('The new text.').waitFor();
    expect(await page.locator('#ask-consent').isChecked()).to.equal(false);
    await page.locator('#ask-consent').check();
    await page.getByRole('button', { name: 'Start chat' }).click();
    await until('a session is begun', () => backend.sessions.length === 1);
    await page.getByText('version 2026-04').waitFor();
    expect(backend.session().request.consent).to.deep.equal({ version: '2026-04' });
  });

  it('asks for what must be told, beside its field, also where that has changed under its hands', async () => {
    backend.configure({ asks: { name: 'must', email: 'no' } });
    const page = await open();
    const start = () => page.getByRole('button', { name: 'Start chat' }).click();
    const focused = () =>
      page.evaluate(() => document.querySelector('hearthline-widget')?.shadowRoot?.activeElement?.id);
    await page.locator('.launcher').click();
    await page.locator('#ask-consent').check();
    await start();
    await page.locator('#ask-name-fault', { hasText: 'Please fill this in.' }).waitFor();
    await until('the focus is there', async () => (await focused()) === 'ask-name');
    expect(await page.locator('#ask-name').getAttribute('aria-describedby')).to.equal('ask-name-fault');
    expect(await page.locator('#ask-name').getAttribute('aria-invalid')).to.equal('true');
    await page.fill('#ask-name', 'Carla');
    backend.configure({ asks: { name: 'must', email: 'must' } });
    await start();
    await page.locator('#ask-email-fault', { hasText: 'Please fill this in.' }).waitFor();
    await until('the focus is there', async () => (await focused()) === 'ask-email');
    expect(await page.locator('.notice.is-bad').count()).to.equal(0);
    // An address that only the server knows to be none.
    await page.fill('#ask-email', 'carla@exämple..org');
    await start();
    await page.locator('#ask-email-fault', { hasText: 'check the address' }).waitFor();
    expect(backend.sessions).to.deep.equal([]);
    await page.fill('#ask-email', 'carla@example.org');
    await start();
    await page.locator('.panel[data-live=true]').waitFor();
    expect(backend.session().request).to.include({ name: 'Carla', email: 'carla@example.org' });
  });

  it('keeps the conversation, the open panel and the typed text over a reload', async () => {
    const page = await open();
    await begin(page, 'one');
    backend.state({ phase: 'talking', agentName: 'Anna' });
    backend.say('two');
    await untilShown(page, ['one', 'two']);
    await page.locator('.composer textarea').fill('half a sen');
    await page.reload();
    await untilShown(page, ['one', 'two']);
    expect(await page.locator('.composer textarea').inputValue()).to.equal('half a sen');
    expect(await page.getByText('Consent given').innerText()).to.contain('version 2026-03');
  });

  it('shows the same in two tabs, also what only one of them could not send yet', async () => {
    const page = await open();
    await begin(page, 'one');
    await untilShown(page, ['one']);
    const other = await context.newPage();
    await other.goto(backend.pageUrl);
    await other.locator('.launcher').click();
    await untilShown(other, ['one']);
    await write(other, 'two');
    await untilShown(page, ['one', 'two']);
    backend.cut(true);
    await page.getByText('Connection lost').waitFor();
    await write(page, 'three');
    await untilShown(other, ['one', 'two', 'three']);
    // The tab that wrote it is closed before it could send: the other brings it over.
    await page.close();
    backend.cut(false);
    await until('kept', () => kept().join() === 'one,two,three', 15_000);
    await untilNothingPending(other);
    await untilShown(other, ['one', 'two', 'three']);
  });

  it('loses and doubles nothing when the line breaks in the middle of sending, and when frames come twice', async () => {
    const page = await open();
    await begin(page, 'line 0');
    await untilShown(page, ['line 0']);
    const all = ['line 0'];
    backend.double(true);
    for (let index = 1; index <= 12; index += 1) {
      // The server has kept it, but the socket ends before it could say so.
      if (index % 4 === 0) backend.cutAfterLines(1);
      if (index === 6) backend.cut(true);
      all.push(`line ${index}`);
      await write(page, `line ${index}`);
      if (index === 8) {
        backend.cut(false);
        await page.reload();
        await page.locator('.composer textarea').waitFor();
      }
    }
    await until('all kept', () => kept().length >= all.length, 15_000);
    await untilNothingPending(page);
    await untilShown(page, all);
    expect(kept()).to.deep.equal(all);
    expect(errors).to.deep.equal([]);
  });

  it('says again what was not acknowledged, but not faster than the server takes it', async () => {
    const page = await open();
    await begin(page);
    backend.cut(true);
    await page.getByText('Connection lost').waitFor();
    const all = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    for (const text of all) await write(page, text);
    backend.cut(false);
    await until('all kept', () => kept().length >= all.length, 20_000);
    await untilNothingPending(page);
    expect(kept()).to.deep.equal(all);
    expect(backend.closedForNonsense()).to.equal(0);
  });

  it('shows a line as sent only when the server has said so', async () => {
    const page = await open();
    await begin(page);
    backend.refuseLines('too-many');
    await write(page, 'refused');
    await page.locator('[data-status=failed]').waitFor();
    backend.refuseLines(undefined);
    await page.getByRole('button', { name: 'Send again' }).click();
    await until('kept', () => kept().join() === 'refused');
    await page.locator('[data-status=sent]').waitFor();
    expect(await page.locator('.line').count()).to.equal(1);
    backend.holdAcks(true);
    await write(page, 'second');
    await untilShown(page, ['refused', 'second']);
    backend.holdAcks(false);
    await untilNothingPending(page);
    expect(kept()).to.deep.equal(['refused', 'second']);
  });

  it('begins anew when the session is gone, and keeps what was typed', async () => {
    const page = await open();
    await begin(page, 'one');
    await page.locator('.composer textarea').fill('still typing');
    backend.forgetSessions();
    await page.getByText('no longer available').waitFor();
    expect(await page.locator('#ask-question').inputValue()).to.equal('still typing');
    await page.locator('#ask-consent').check();
    await page.getByRole('button', { name: 'Start chat' }).click();
    await untilShown(page, ['still typing']);
  });

  it('sends a picture and a file, and refuses what is too large or of the wrong kind', async () => {
    const page = await open();
    await begin(page);
    const input = page.locator('input[type=file]');
    await input.setInputFiles({ name: 'run.exe', mimeType: 'application/x-msdownload', buffer: dot });
    await page.getByText('this kind of file is not accepted').waitFor();
    await input.setInputFiles({
      name: 'big.pdf',
      mimeType: 'application/pdf',
      buffer: Buffer.alloc(2_000_001),
    });
    await page.getByText('big.pdf is larger than').waitFor();
    await input.setInputFiles([
      { name: 'dot.png', mimeType: 'image/png', buffer: dot },
      { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
    ]);
    await page.locator('.chip[data-going=false]').nth(1).waitFor();
    await page.reload();
    await page.locator('.chip').nth(1).waitFor();
    await write(page, 'the slip');
    await until('the picture', () =>
      page.locator('.picture img').evaluate((image: HTMLImageElement) => image.naturalWidth === 1),
    );
    await until('kept', () => kept().length === 1);
    expect(backend.session().lines[0]?.attachments.map((one) => [one.name, one.bytes])).to.deep.equal([
      ['dot.png', dot.length],
      ['note.txt', 5],
    ]);
    expect(await page.locator('a.file').getAttribute('href')).to.match(
      /^http.*\/chat\/files\/file-\d\?token=/,
    );
    await input.setInputFiles({ name: 'alone.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await page.locator('.chip[data-going=false]').waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await until('kept without a word', () => kept().join('|') === 'the slip|');
    expect(backend.session().lines[1]?.attachments.map((one) => one.name)).to.deep.equal(['alone.txt']);
    expect(await page.locator('.bubble').count()).to.equal(1);
    expect(errors).to.deep.equal([]);
  });

  it('offers the form while closed, keeps it over a failure, and makes one request of it', async () => {
    backend.configure({ isOpen: false });
    const page = await open();
    await page.locator('.launcher').click();
    await page.getByText('We are back tomorrow').waitFor();
    await page.getByLabel('Call me back').check();
    await page.getByLabel('Phone number').fill('call me');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('#form-phone-fault').waitFor();
    await page.getByLabel('Phone number').fill('+39 06 1234567');
    await page.getByLabel('Your message').fill('About my loan');
    await page.locator('#form-consent').check();
    backend.refuse(503);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.notice.is-bad').waitFor();
    backend.refuse(undefined);
    await page.reload();
    expect(await page.getByLabel('Your message').inputValue()).to.equal('About my loan');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Reference HL-0001').waitFor();
    expect(backend.formPosts()).to.equal(2);
    expect(backend.forms.map((form) => [form.formId, form.request.wants, form.request.phone])).to.deep.equal([
      ['callback', 'call', '+39 06 1234567'],
    ]);
    await page.getByRole('button', { name: 'Write another message' }).click();
    expect(await page.getByLabel('Your message').inputValue()).to.equal('');
  });

  it('turns to the form when the office closes between the question and the start', async () => {
    const page = await open();
    await page.locator('.launcher').click();
    await page.locator('#ask-consent').check();
    backend.refuse(409);
    await page.getByRole('button', { name: 'Start chat' }).click();
    await page.locator('.panel[data-phase=offline]').waitFor();
  });

  it('puts the form by itself where its tag stands', async () => {
    backend.page(
      '<div id="place"><script src="{url}/chat/widget.js" data-form="callback" data-language="it" async></script></div>',
    );
    const page = await open();
    await page.getByLabel('Il suo messaggio').fill('Buongiorno');
    await page.getByLabel('E-mail', { exact: true }).fill('anna@example.org');
    await page.locator('#form-consent').check();
    await page.getByRole('button', { name: 'Invia' }).click();
    await page.getByText('Riferimento HL-0001').waitFor();
    expect(await page.locator('#place hearthline-widget').count()).to.equal(1);
    expect(backend.forms[0]?.request).to.include({
      language: 'it',
      wants: 'mail',
      email: 'anna@example.org',
    });
    expect(errors).to.deep.equal([]);
  });

  it('mails the conversation, and ends and begins again', async () => {
    const page = await open();
    await begin(page, 'one');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Send me the conversation' }).click();
    await page.locator('#transcript-email').fill('not an address');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('#transcript-email-fault').waitFor();
    await page.locator('#transcript-email').fill('anna@example.org');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('will be sent to anna@example.org').waitFor();
    expect(backend.transcripts).to.deep.equal(['anna@example.org']);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'End chat' }).click();
    await page.locator('.ending .is-danger').click();
    await page.locator('.panel[data-phase=ended]').waitFor();
    expect(backend.session().state).to.deep.equal({ phase: 'ended', by: 'customer' });
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.locator('#ask-question').waitFor();
  });

  it('forgets an ended chat once it is closed, and keeps nothing of it in the browser', async () => {
    const page = await open();
    await begin(page, 'a secret');
    backend.state({ phase: 'ended', by: 'agent' });
    await page.locator('.ending').waitFor();
    expect(await page.evaluate(() => Object.keys(localStorage).length)).to.be.greaterThan(0);
    await page.keyboard.press('Escape');
    await until('nothing is kept', () => page.evaluate(() => Object.keys(localStorage).length === 0));
    await page.reload();
    await page.locator('.launcher').click();
    await page.locator('#ask-question').waitFor();
    expect(await page.getByText('a secret').count()).to.equal(0);
  });

  it('works by keyboard alone: in, through, out by Escape, and back to the launcher', async () => {
    const page = await open();
    const focused = () =>
      page.evaluate(() => {
        const element = document.querySelector('hearthline-widget')?.shadowRoot?.activeElement;
        return element?.id || element?.getAttribute('aria-label') || element?.textContent;
      });
    await page.locator('.launcher').waitFor();
    await page.locator('#own').focus();
    await page.keyboard.press('Tab');
    expect(await focused()).to.equal('Open chat');
    await page.keyboard.press('Enter');
    await until('the first field', async () => (await focused()) === 'ask-name');
    await page.keyboard.type('Marta');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).to.equal('ask-question');
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until('the composer', async () => (await focused()) === 'Message');
    await page.keyboard.type('second');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('row');
    await page.keyboard.press('Enter');
    await until('kept', () => kept().join('|') === 'By keyboard|second\nrow');
    const outline = await page.evaluate(() => {
      const root = document.querySelector('hearthline-widget')?.shadowRoot;
      const menu = root?.querySelector<HTMLElement>('.menu button');
      menu?.focus();
      return menu && getComputedStyle(menu).outlineStyle;
    });
    expect(outline).to.equal('solid');
    await page.keyboard.press('Enter');
    await page.locator('.menu-list').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('.menu-list').count()).to.equal(0);
    await page.keyboard.press('Escape');
    await until('the launcher', async () => (await focused()) === 'Open chat');
  });

  it('tells a screen reader what is what', async () => {
    const page = await open();
    await begin(page, 'one');
    backend.state({ phase: 'talking', agentName: 'Anna' });
    backend.say('two');
    const panel = page.getByRole('dialog', { name: 'Banca Aurelia' });
    const log = panel.getByRole('log', { name: 'Conversation' });
    await log.getByText('two').waitFor();
    expect(await log.getAttribute('aria-live')).to.equal('polite');
    expect(
      (await log.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')),
    ).to.satisfy((items: string[]) => /^You .*one/.test(items[0] ?? '') && /Anna .*two/.test(items[1] ?? ''));
    expect(await panel.getByRole('textbox', { name: 'Message' }).count()).to.equal(1);
    for (const name of ['Send', 'Attach a file or picture', 'Close chat', 'More'])
      expect(await panel.getByRole('button', { name, exact: true }).count(), name).to.equal(1);
  });

  it('counts what comes while it is closed, over a reload and for all tabs', async () => {
    const page = await open();
    await begin(page, 'one');
    backend.state({ phase: 'talking', agentName: 'Anna' });
    await page.keyboard.press('Escape');
    backend.say('two');
    backend.say('three');
    const badge = page.locator('.badge');
    await until('two unread', async () => (await badge.count()) === 1 && (await badge.innerText()) === '2');
    await page.reload();
    await until('two unread', async () => (await badge.count()) === 1 && (await badge.innerText()) === '2');
    const other = await context.newPage();
    await other.goto(backend.pageUrl);
    await other.getByRole('button', { name: 'Open chat, 2 new messages' }).click();
    await untilShown(other, ['one', 'two', 'three']);
    await badge.waitFor({ state: 'detached' });
  });

  it('fills a telephone of 360 px, with nothing cut off and every target large enough, in three languages', async () => {
    for (const language of ['en', 'ru', 'it']) {
      backend.page(
        `<script src="{url}/chat/widget.js" data-widget="web" data-language="${language}" async></script>`,
      );
      const page = await open({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
      await page.locator('.launcher').tap();
      await page.locator('#ask-consent').tap();
      await checkFit(page, `${language} asking`);
      await page.locator('.sheet .is-main').tap();
      await page.locator('.panel[data-live=true]').waitFor();
      expect(await page.locator('.panel').boundingBox()).to.deep.equal({
        x: 0,
        y: 0,
        width: 360,
        height: 640,
      });
      await page.locator('.composer textarea').fill('a long word: '.repeat(4) + 'x'.repeat(120));
      await page.locator('.send').tap();
      await page.locator('.bubble').waitFor();
      await checkFit(page, `${language} waiting`);
      backend.state({ phase: 'ended', by: 'idle' });
      await page.locator('.ending').waitFor();
      await checkFit(page, `${language} ended`);
      expect(errors).to.deep.equal([]);
    }
  });

  /** Nothing wider than its box, nothing to be touched below 44 px; a check box counts with its label. */
  async function checkFit(page: Page, what: string): Promise<void> {
    const faults = await page.evaluate(() => {
      const found: string[] = [];
      const root = document.querySelector('hearthline-widget')?.shadowRoot;
      for (const element of root?.querySelectorAll<HTMLElement>('.panel *') ?? []) {
        const box = element.getBoundingClientRect();
        if (box.width === 0 || element.closest('.unseen, svg, [aria-hidden]')) continue;
        if (box.right > window.innerWidth + 1) found.push(`${element.className} sticks out`);
        if (
          element.scrollWidth > element.clientWidth + 2 &&
          element.clientWidth > 0 &&
          !element.matches('.file-name')
        )
          found.push(`${element.tagName}.${element.className} is too narrow`);
        if (!element.matches('button, input, select, textarea, a')) continue;
        const target = element.closest('label')?.getBoundingClientRect() ?? box;
        if (target.height < 44 || target.width < 44)
          found.push(`${element.className} is ${target.width} x ${target.height}`);
      }
      return found;
    });
    expect(faults, what).to.deep.equal([]);
  }

  it('speaks the language of its tag, or the page, or the reader', async () => {
    backend.page('<script src="{url}/chat/widget.js" data-widget="web" data-language="ru" async></script>');
    const page = await open();
    await page.getByRole('button', { name: 'Открыть чат' }).click();
    await page.getByText('Чем мы можем помочь?').waitFor();
    expect(await page.locator('.widget').getAttribute('lang')).to.equal('ru');
    await page.goto(`${backend.url}/chat/demo.html?lang=it`);
    await page.getByRole('button', { name: 'Apri la chat' }).waitFor();
    await page.getByLabel('Il suo messaggio').waitFor();
  });

  it('shows hostile text as text, and links and pictures only where they are harmless', async () => {
    const page = await open();
    const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await begin(page, hostile);
    backend.say(hostile, { name: '<b>Anna</b>' });
    backend.say('javascript:alert(1) https://bank.example/a?b=1&c=<x> "https://x.example/"onclick=1');
    backend.say('look', {
      attachments: [
        {
          attachmentId: 'a',
          name: hostile,
          mime: 'image/png',
          bytes: 1,
          isPicture: true,
          url: 'https://evil.example/x.png',
        },
        {
          attachmentId: 'b',
          name: 'b.txt',
          mime: 'text/plain',
          bytes: 1,
          isPicture: false,
          url: 'javascript:alert(1)',
        },
      ],
    });
    await page.getByText('look').waitFor();
    expect((await shown(page)).slice(0, 2)).to.deep.equal([hostile, hostile]);
    expect(await page.locator('.log img, .log script, .log b').count()).to.equal(0);
    expect(
      await page.locator('.log a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
    ).to.deep.equal(['https://bank.example/a?b=1&c=', 'https://x.example/']);
    expect(await page.title()).to.equal('Bank');
    expect(errors).to.deep.equal([]);
  });

  it('takes nothing from the page, gives nothing to it, and stands there once', async () => {
    backend.page(
      '<script src="{url}/chat/widget.js" data-widget="web" async></script>'.repeat(2) +
        '<script src="{url}/chat/widget.js" data-widget="other" async></script>',
    );
    const page = await open();
    const cookies = context.cookies();
    const before = await page.evaluate(() => getComputedStyle(document.body).fontFamily);
    await page.locator('.launcher').waitFor();
    expect(await page.locator('.launcher').count()).to.equal(1);
    // The page's own keys stay its own, and those typed in the widget are none of the page's.
    await page.evaluate(() => {
      document.title = '';
      document.addEventListener('keydown', (event) => {
        document.title += event.key;
      });
    });
    await page.locator('.launcher').click();
    await page.locator('#ask-name').pressSequentially('abc');
    await page.locator('#own').pressSequentially('x');
    expect(await page.title()).to.equal('x');
    expect(await page.evaluate(() => getComputedStyle(document.body).fontFamily)).to.equal(before);
    expect(await page.evaluate(() => Object.keys(window).filter((key) => /hearth/i.test(key)))).to.deep.equal(
      [],
    );
    expect(await cookies).to.deep.equal([]);
    expect(
      await page.locator('.panel').evaluate((element) => getComputedStyle(element).borderRadius),
    ).to.equal('18px');
    expect(errors).to.deep.equal([]);
  });

  it('is one script under 30 kB gzipped that asks nobody but the appliance', async () => {
    const script = readFileSync(join(dist, 'widget.js'));
    expect(gzipSync(script, { level: 9 }).length).to.be.below(30_000);
    const page = await context.newPage();
    const origins = new Set<string>();
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
    await page.goto(backend.pageUrl);
    await begin(page, 'one');
    await untilShown(page, ['one']);
    expect([...origins].sort()).to.deep.equal([backend.pageUrl, backend.url].sort());
  });
});
