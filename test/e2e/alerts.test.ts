/** The page of alerts in a real browser: what stands is taken with a name, rules are made, changed and switched. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow } from '../support/ui-browser.ts';

const isLookedAt = process.env['HEARTHLINE_PICTURES'] !== undefined;
const sizes = [
  { width: 1366, height: 768 },
  ...(isLookedAt ? [{ width: 1920, height: 1080 }] : []),
  { width: 760, height: 900 },
];

describe('alerts in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'test' });
  let page: Page;
  let errors: string[] = [];

  async function open(language = 'en') {
    ({ page, errors } = await stage.open({ language }));
    await page.locator('nav a[href="#/alerts"]').click();
    await page.locator('.alert-card').first().waitFor();
  }
  const show = (index: number) => page.locator('.shows .button').nth(index).click();
  /** Only where somebody wants to look. */
  async function picture(name: string): Promise<void> {
    const folder = process.env['HEARTHLINE_PICTURES'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  }

  it('shows what stands, the urgent first, and takes an acknowledgement with a note', async () => {
    await open();
    const cards = page.locator('.alert-card');
    expect(await cards.evaluateAll((all) => all.map((one) => one.getAttribute('data-alert')))).to.deep.equal([
      'alert_1',
      'alert_2',
    ]);
    const text = await cards.first().textContent();
    for (const part of [
      'Critical',
      'A customer waits too long',
      'Queue Card services',
      '5:12',
      'limit: above 3:00',
    ])
      expect(text).to.include(part);
    expect(text).to.include('will be tried again (not reachable, ECONNREFUSED)');
    expect(await cards.nth(1).textContent())
      .to.include('Acknowledged by oliver')
      .and.to.include('71.4%');
    await page.locator('nav .badge', { hasText: '1' }).first().waitFor();
    await cards.first().getByRole('button').click();
    await page.fill('#alert-note', '<b>On it</b>');
    await page.locator('dialog button[type=submit]').click();
    await page.getByText('Acknowledged by ada').waitFor();
    expect(await page.locator('.alert-taken', { hasText: '<b>On it</b>' }).count()).to.equal(1);
    await page.locator('nav a[href="#/alerts"] .badge').waitFor({ state: 'detached' });
    expect(errors).to.deep.equal([]);
  });

  it('says so when an alert has ended, or somebody else was faster', async () => {
    await open();
    stage.backend.rest.alerts.alerts[1]!.endedAt = Date.now();
    await page.locator('[data-alert=alert_1] button').click();
    await page.locator('dialog button[type=submit]').click();
    await page.getByText('This alert has ended meanwhile.').waitFor();
    await page.locator('[data-alert=alert_1]').waitFor({ state: 'detached' });
  });

  it('makes a rule, says what is wrong with it, changes it, switches it off and deletes it', async () => {
    await open();
    const { rules } = stage.backend.rest.alerts;
    await show(1);
    await page.locator('tr[data-rule=rule_0]').waitFor();
    await page.locator('.rule-head button').click();
    await page.fill('#rule-name', 'Answered too slowly');
    await page.selectOption('#rule-figure', 'asa');
    await page.selectOption('#rule-window', 'rolling-15');
    await page.selectOption('#rule-scope', 'queue');
    await page.selectOption('#rule-scope-id', 'queue:accounts');
    await page.fill('#rule-limit', '45');
    await page.fill('#rule-mails', 'floor@northgate.example\nnobody');
    await page.locator('dialog button[type=submit]').click();
    await page.locator('dialog .notice-bad', { hasText: 'to.mail.1' }).waitFor();
    await page.fill('#rule-mails', 'floor@northgate.example, it@northgate.example');
    await page.fill('#rule-quiet-from', '22:00');
    await page.fill('#rule-quiet-to', '07:00');
    await page.locator('dialog button[type=submit]').click();
    await page.locator('tr[data-rule=rule_6]').waitFor();
    expect(rules[6]!.rule).to.deep.include({
      name: 'Answered too slowly',
      figure: 'asa',
      window: 'rolling-15',
      scope: 'queue:accounts',
      condition: { kind: 'above', value: 45 },
      to: {
        board: true,
        mail: ['floor@northgate.example', 'it@northgate.example'],
        quiet: { from: '22:00', to: '07:00' },
      },
    });
    await page.locator('tr[data-rule=rule_6] input[role=switch]').click();
    await page.locator('tr[data-rule=rule_6].is-off').waitFor();
    // Somebody else has it meanwhile.
    await page.locator('tr[data-rule=rule_0] .rule-actions button').first().click();
    rules[0]!.version = 7;
    await page.locator('dialog button[type=submit]').click();
    await page.locator('dialog .notice-bad', { hasText: 'Somebody else' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('tr[data-rule=rule_5] .rule-actions button').nth(1).click();
    await page.locator('dialog .is-danger').click();
    await page.locator('tr[data-rule=rule_5]').waitFor({ state: 'detached' });
    expect(errors).to.deep.equal([]);
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}, wide and narrow`, async () => {
      await open(language);
      for (const [index, name] of ['now', 'rules', 'history'].entries()) {
        await show(index);
        await page.locator(['.alert-card', 'tr[data-rule]', 'tr[data-alert]'][index]!).first().waitFor();
        for (const size of sizes) {
          await page.setViewportSize(size);
          expect(await findOverflow(page), `${name} ${size.width}`).to.deep.equal([]);
          await picture(`alerts-${name}-${language}-${size.width}`);
        }
      }
      await page.setViewportSize(sizes[0]!);
      await show(1);
      for (const rule of ['rule_3', 'rule_4']) {
        await page.locator(`tr[data-rule=${rule}] .rule-actions button`).first().click();
        await page.locator('dialog').waitFor();
        expect(await findOverflow(page), rule).to.deep.equal([]);
        await picture(`alerts-editor-${rule}-${language}`);
        await page.keyboard.press('Escape');
        await page.locator('dialog').waitFor({ state: 'detached' });
      }
      expect(errors).to.deep.equal([]);
    });
});
