/** The pages of the quarantine and of blocked senders in a real browser: what is told, asked and done, by mouse and by keyboard. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow } from '../support/ui-browser.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 760, height: 900 },
];

describe('quarantine and blocked senders in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'test' });
  let page: Page;
  let errors: string[] = [];

  async function open(id: 'quarantine' | 'blocks', language = 'en') {
    ({ page, errors } = await stage.open({ language, acceptDownloads: true }));
    await page.locator(`nav a[href="#/${id}"]`).click();
    await page
      .locator(id === 'quarantine' ? 'tr[data-mail]' : '#block-find')
      .first()
      .waitFor();
  }
  const rows = () => page.locator('tr[data-mail]');
  const mail = (rawId: string) => page.locator(`tr[data-mail=${rawId}]`);
  const asked = () => stage.backend.rest.quarantine.asked;

  it('shows what is to be looked at first, and how many', async () => {
    await open('quarantine');
    const { mails } = stage.backend.rest.quarantine;
    expect(await rows().count()).to.equal(8);
    expect(await page.locator('nav a[href="#/quarantine"] .badge').textContent()).to.equal('8');
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await mail('rm_9').waitFor();
    expect(await rows().count()).to.equal(mails.length);
    mails.length = 0;
    await page.getByRole('button', { name: 'To look at' }).click();
    await page.getByText('Nothing to look at.').waitFor();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByText('No mail is in quarantine.').waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('opens a mail, hands it out, releases it by keyboard alone and says what became of it', async () => {
    await open('quarantine');
    await mail('rm_1').getByRole('button').focus();
    await page.keyboard.press('Enter');
    const panel = page.locator('.open-mail');
    await panel.getByText('help@northgate.example').waitFor();
    expect(await panel.textContent()).to.include('so badly formed');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('link', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).to.equal('rm_1.eml');
    stage.backend.rest.quarantine.setNext({ outcome: 'as-file', reason: 'not-parsed' });
    // From the panel, which has the focus when it opens, the first stop is the release.
    await panel.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.locator('dialog button[type=submit]').focus();
    await page.keyboard.press('Enter');
    await page.getByText('It still cannot be read (unreadable).').waitFor();
    await mail('rm_1').waitFor({ state: 'detached' });
    await page.locator('nav a[href="#/quarantine"] .badge', { hasText: '7' }).waitFor();
    expect(asked()).to.deep.equal(['raw rm_1', 'release rm_1']);
    expect(errors).to.deep.equal([]);
  });

  it('asks before it deletes, and tells when somebody else was faster', async () => {
    await open('quarantine');
    await mail('rm_0').getByRole('button').click();
    await page.locator('.open-mail .is-danger').click();
    await page.locator('dialog .button:not(.is-danger)').click();
    expect(asked()).to.deep.equal([]);
    await page.locator('.open-mail .is-danger').click();
    await page.locator('dialog .is-danger').click();
    await page.getByText('The mail is deleted.').waitFor();
    stage.backend.rest.quarantine.setNext('already-released');
    await mail('rm_2').getByRole('button').click();
    await page.locator('.open-mail .is-main').click();
    await page.locator('dialog .is-main').click();
    await page.locator('.notice-bad', { hasText: 'already' }).waitFor();
    await page.locator('.open-mail').waitFor({ state: 'detached' });
    stage.backend.rest.quarantine.setNext('channel-off');
    await mail('rm_3').getByRole('button').click();
    await page.locator('.open-mail .is-main').click();
    await page.locator('dialog .is-main').click();
    await page.locator('dialog .notice-bad', { hasText: 'switched off' }).waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('blocks, says why not, finds, and takes from somebody again', async () => {
    await open('blocks');
    await page.selectOption('#block-kind', 'network');
    await page.fill('#block-value', 'nonsense');
    await page.fill('#block-reason', 'Floods the chat');
    await page.keyboard.press('Enter');
    await page.locator('.notice-bad', { hasText: 'neither an address nor a network' }).waitFor();
    await page.fill('#block-value', '198.51.100.0/24');
    await page.fill('#block-ends', '2099-12-31');
    await page.keyboard.press('Enter');
    await page.locator('tr[data-block="198.51.100.0/24"]').waitFor();
    const [block] = stage.backend.rest.quarantine.blocks;
    expect(new Date(block!.endsAt!).getTime()).to.equal(new Date(2100, 0, 1).getTime());
    expect(await page.locator('tr[data-block="198.51.100.0/24"]').textContent()).to.include('31/12/2099');
    await page.fill('#block-find', '198.51');
    await page.locator('tr[data-block="lottery.example"]').waitFor({ state: 'detached' });
    await page.fill('#block-find', 'nobody');
    await page.getByText('No block has this in it.').waitFor();
    await page.fill('#block-find', '');
    await page.locator('tr[data-block="lottery.example"] button').click();
    await page.locator('dialog button[type=submit]').click();
    await page.locator('tr[data-block="lottery.example"]').waitFor({ state: 'detached' });
    await page.getByText('4 blocks').waitFor();
    expect(errors).to.deep.equal([]);
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}, wide and narrow`, async () => {
      await open('quarantine', language);
      await mail('rm_2').getByRole('button').click();
      await page.locator('.open-mail').waitFor();
      for (const size of sizes) {
        await page.setViewportSize(size);
        expect(await findOverflow(page), `quarantine ${size.width}`).to.deep.equal([]);
        await picture(`quarantine-${language}-${size.width}`);
      }
      await page.locator('.open-mail .is-main').click();
      expect(await findOverflow(page)).to.deep.equal([]);
      await page.keyboard.press('Escape');
      await page.setViewportSize(sizes[0]!);
      await page.locator('nav a[href="#/blocks"]').click();
      await page.locator('tr[data-block]').first().waitFor();
      for (const size of sizes) {
        await page.setViewportSize(size);
        expect(await findOverflow(page), `blocks ${size.width}`).to.deep.equal([]);
        await picture(`blocks-${language}-${size.width}`);
      }
    });

  /** Only where somebody wants to look. */
  async function picture(name: string): Promise<void> {
    const folder = process.env['HEARTHLINE_PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  }
});
