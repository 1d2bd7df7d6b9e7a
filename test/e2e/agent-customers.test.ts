/** The customer's card on the agent's page, in a real browser against the stand-in of the desk. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import type { ContactCustomer } from '../../server/contract/customers.ts';
import { startDeskBackend, type DeskBackend } from '../support/desk-backend.ts';
import { cardOf, oneCustomer, severalCustomers } from '../support/desk-customers.ts';
import { deskUser } from '../support/desk-routes.ts';
import { busyDesk } from '../support/desk-scenes.ts';
import { builtUi } from '../support/ui-build.ts';
import { findOverflow, launchBrowser, listenForErrors, until } from '../support/ui-browser.ts';

const phone = { kind: 'phone', value: '+390612345678' };
const mail = { kind: 'mail', value: 'carla@example.org' };
const carla = cardOf('cu1', 'Carla Rossi', [phone, mail], { voice: 2, mail: 1 }, Date.UTC(2026, 2, 9, 12));
const paolo = cardOf('cu2', 'Paolo Rossi', [phone]);
const pictures = process.env['HEARTHLINE_PICTURES'];

describe('customers on the agent’s page', function () {
  this.timeout(90_000);
  let browser: Browser;
  let dist: string;
  let backend: DeskBackend;
  let page: Page;
  let errors: string[] = [];

  before(async () => {
    dist = await builtUi();
    browser = await launchBrowser();
  });
  after(() => browser?.close());
  afterEach(async () => {
    await page.context().close();
    await backend.close();
  });

  async function signIn(language = 'en') {
    backend = await startDeskBackend({ dist });
    page = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
    page.setDefaultTimeout(20_000);
    errors = listenForErrors(page, (text) => text.includes('Failed to load resource'));
    await page.goto(`${backend.url}/agent/?lang=${language}`);
    await page.fill('#username', deskUser.username);
    await page.fill('#password', deskUser.password);
    await page.keyboard.press('Enter');
    await page.locator('[data-connection=live]').first().waitFor();
  }
  const said = (path: string) =>
    backend.asked.filter((request) => request.path.endsWith(`/customer/${path}`)).map(({ body }) => body);
  const row = (contactId: string) => page.locator(`.row[data-contact="${contactId}"]`);
  const strip = () => page.locator('.customer');
  async function open(contactId: string, channel: 'mail' | 'voice', customer?: ContactCustomer) {
    if (customer) backend.customers.set(contactId, customer);
    backend.put({ contactId, channel, customer: { address: phone.value } });
    await row(contactId).click();
    await strip().locator('.customer-said').waitFor();
  }
  const confirm = () => page.locator('dialog button[type=submit]').click();

  it('shows the card of a conversation and of a call, with what came before', async () => {
    await signIn();
    await open('m1', 'mail', oneCustomer(carla));
    expect(await strip().innerText()).to.include('Carla Rossi');
    expect(await strip().innerText()).to.include('+390612345678, carla@example.org');
    expect(await strip().innerText()).to.include('Earlier: 2 calls, 1 mail, last on 09/03/2026');
    expect(await page.locator('[data-do=customer-name]').count(), 'it is known').to.equal(0);
    await open('v1', 'voice', oneCustomer(paolo));
    expect(await page.locator('.call-card .customer').innerText()).to.include('Paolo Rossi');
    expect(await strip().innerText()).to.include('first contact');
    await open('m2', 'mail');
    expect(await strip().innerText()).to.include('It is not known who this is.');
    expect(errors).to.deep.equal([]);
  });

  it('gives a provisional card a name', async () => {
    await signIn();
    const { name: _name, ...unnamed } = { ...carla, isProvisional: true };
    await open('m1', 'mail', oneCustomer(unnamed));
    expect(await strip().innerText()).to.match(/No name yet.*provisional/s);
    await page.click('[data-do=customer-name]');
    expect(await page.locator('dialog button[type=submit]').isDisabled(), 'without a name').to.equal(true);
    await page.fill('#customer-name', '  Carla Bianchi ');
    await page.keyboard.press('Enter');
    await strip().locator('b', { hasText: 'Carla Bianchi' }).waitFor();
    expect(said('name')).to.deep.equal([{ customerId: 'cu1', name: 'Carla Bianchi' }]);
    expect(await page.locator('dialog').count()).to.equal(0);
    expect(await strip().innerText()).to.not.include('provisional');
    expect(errors).to.deep.equal([]);
  });

  it('names several alike, chooses none by itself, and takes the agent’s choice for this contact', async () => {
    await signIn();
    await open('v1', 'voice', severalCustomers(phone, [carla, paolo]));
    expect(await strip().getAttribute('data-customer')).to.equal('several');
    expect(await strip().innerText()).to.include('Several customers have this address.');
    expect(await strip().innerText()).to.include('Carla Rossi, Paolo Rossi');
    await page.click('[data-do=customer-find]');
    expect(await page.locator('dialog input[type=radio]:checked').count()).to.equal(0);
    await confirm();
    await page.locator('.dialog-fault').waitFor();
    await page.locator('[data-card=cu2]').click();
    await page.locator('.customer-effect', { hasText: 'this contact only' }).waitFor();
    await confirm();
    await strip().locator('b', { hasText: 'Paolo Rossi' }).waitFor();
    expect(await strip().innerText()).to.include('chosen for this contact');
    expect(said('choose')).to.deep.equal([{ customerId: 'cu2' }]);
    expect(said('link')).to.deep.equal([]);
    expect(errors).to.deep.equal([]);
  });

  it('finds a customer and says what linking does before it is done; a card that is gone is told', async () => {
    await signIn();
    backend.cards.push(carla);
    await open('m1', 'mail', oneCustomer({ ...paolo, isProvisional: true }));
    await page.click('[data-do=customer-find]');
    await page.fill('#customer-search', 'ca');
    await page.locator('.choices', { hasText: 'at least 3' }).waitFor();
    await page.fill('#customer-search', 'nobody');
    await page.locator('.choices', { hasText: 'Nobody is found.' }).waitFor();
    await page.fill('#customer-search', 'CARLA');
    await page.locator('[data-card=cu1]').click();
    const effect = page.locator('.customer-effect', { hasText: '+390612345678 belongs to this customer' });
    await effect.waitFor();
    backend.cards.pop();
    await confirm();
    await page.locator('.told', { hasText: 'no longer there' }).waitFor();
    backend.cards.push(carla);
    await confirm();
    await strip().locator('b', { hasText: 'Carla Rossi' }).waitFor();
    expect(said('link')).to.deep.equal([{ customerId: 'cu1' }, { customerId: 'cu1' }]);
    expect(errors).to.deep.equal([]);
  });

  it('shows names as text, keeps no card of a contact that is not open, and asks again after a fault', async () => {
    const evil = '<img src=x onerror="window.hacked=1">';
    await signIn();
    await open('m1', 'mail', severalCustomers(phone, [{ ...carla, name: evil }, paolo]));
    expect(await strip().innerText()).to.include(evil);
    await page.click('[data-do=customer-find]');
    await page.locator('[data-card=cu1]', { hasText: evil }).waitFor();
    expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).to.equal(undefined);
    await page.keyboard.press('Escape');
    await page.route('**/customer', (route) => route.abort());
    backend.put({ contactId: 'm2', channel: 'mail' });
    backend.customers.set('m2', oneCustomer(paolo));
    await row('m2').click();
    await strip().locator('button', { hasText: 'Try again' }).waitFor();
    expect(await strip().innerText()).to.not.include(evil);
    await page.unroute('**/customer');
    await strip().locator('button').click();
    await strip().locator('b', { hasText: 'Paolo Rossi' }).waitFor();
    await until('no other card is in the page', async () => !(await page.content()).includes('onerror'));
    expect(errors.filter((text) => !text.includes('ERR_FAILED'))).to.deep.equal([]);
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}`, async () => {
      await signIn(language);
      busyDesk(backend, language);
      const look = async (what: string) => {
        for (const size of [
          { width: 1366, height: 768 },
          { width: 1920, height: 1080 },
          { width: 1100, height: 700 },
        ]) {
          await page.setViewportSize(size);
          if (pictures !== undefined) {
            await mkdir(pictures, { recursive: true });
            await page.screenshot({ path: join(pictures, `${what}-${language}-${size.width}.png`) });
          }
          expect(await findOverflow(page), `${what} ${size.width}`).to.deep.equal([]);
        }
      };
      for (const contactId of ['mail', 'chat', 'call', 'chat2']) {
        await row(contactId).click();
        await strip().locator('.customer-said').waitFor();
        await look(contactId);
      }
      await row('chat').click();
      await page.click('[data-do=customer-name]');
      await look('name');
      await page.keyboard.press('Escape');
      await row('call').click();
      await page.click('[data-do=customer-find]');
      await page.fill('#customer-search', 'example');
      await page.locator('[data-card=cu9]').click();
      await page.locator('.customer-effect').waitFor();
      await look('find');
      expect(errors).to.deep.equal([]);
    });
});
