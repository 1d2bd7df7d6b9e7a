/** The page of what left the building, in a real browser: whose each connection is, what is nobody's, and that nothing left. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow } from '../support/ui-browser.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
  { width: 760, height: 900 },
];

describe('residency in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'test' });
  let page: Page;
  let errors: string[] = [];

  async function open(language = 'en') {
    ({ page, errors } = await stage.open({ language }));
    await page.locator('nav a[href="#/residency"]').click();
    await page.locator('#residency-answers').waitFor();
  }
  const row = (peer: string) => page.locator(`tr[data-peer="${peer}"]`);

  it('says whose each connection is, and first what is nobody’s', async () => {
    await open();
    expect(await page.locator('.notice-bad').innerText()).to.equal(
      '1 connection that nobody owns: find out what opened it',
    );
    const first = await page.locator('tr[data-peer]').first().innerText();
    expect(first).to.include('Postgres').and.include('seen by the kernel alone').and.include('Nobody');
    expect(await row('server 10.0.5.93:993').innerText())
      .to.include('Fetching mails')
      .and.include('help, loans')
      .and.include('imap.northgate.example')
      .and.include('Open');
    expect(await row('media 10.20.4.17:0').innerText()).to.include('10.20.4.17:16384–16500');
    expect(await page.locator('.notice-note').innerText()).to.include('Not watched today: ');
    expect(await page.locator('.notice-good').count()).to.equal(0);
    expect(errors).to.deep.equal([]);
  });

  it('says since when nothing has left, and follows what changes by itself', async () => {
    const { answer } = stage.backend.rest.residency;
    const items = answer.items.splice(0);
    answer.answers.length = 0;
    answer.unknown = 0;
    await open();
    await page.getByText('Nothing has left the building since ').waitFor();
    await page.getByText('Nobody came to us today.').waitFor();
    expect(await page.locator('tr[data-peer]').count()).to.equal(0);
    answer.items.push(...items.slice(0, 1));
    answer.silent.push('sip');
    await row('server 10.0.5.25:587').waitFor();
    await page.getByText('The program SIP does not answer: what it sends now is missing here.').waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('is not there for who may not see it', async () => {
    const { may } = stage.backend.rest;
    may.splice(may.indexOf('residency.read'), 1);
    ({ page, errors } = await stage.open({ at: 'residency' }));
    await page.locator('.notice-bad').waitFor();
    expect(await page.locator('nav a[href="#/residency"]').count()).to.equal(0);
    expect(await page.locator('.residency-page').count()).to.equal(0);
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}, wide and narrow`, async () => {
      await open(language);
      for (const size of sizes) {
        await page.setViewportSize(size);
        expect(await findOverflow(page), `residency ${size.width}`).to.deep.equal([]);
        await picture(`residency-${language}-${size.width}`);
      }
    });

  /** Only where somebody wants to look. */
  async function picture(name: string): Promise<void> {
    const folder = process.env['HEARTHLINE_PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  }
});
