/** The page of users in a real browser: an agent's user is made, tied to another agent, untied, switched off. */
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { consoleStage } from '../support/console-stage.ts';
import { findOverflow } from '../support/ui-browser.ts';

describe('users in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'test' });
  let page: Page;
  let errors: string[] = [];

  async function open(language: string) {
    ({ page, errors } = await stage.open({ language }));
    await page.locator('nav a[href="#/users"]').click();
    await page.locator('tr[data-user=ada]').waitFor();
  }
  const row = (name: string) => page.locator(`tr[data-user="${name}"]`);
  const userOf = (name: string) => stage.backend.rest.users.find((user) => user.username === name);

  it('makes a user for an agent, and shows the one-time password once', async () => {
    await open('en');
    await page.fill('#new-username', 'Nina');
    await page.locator('.new-user button[type=submit]').click();
    expect(userOf('nina'), 'without the number of an agent').to.equal(undefined);
    await page.fill('#new-agent', '207');
    await page.locator('.new-user button[type=submit]').click();
    await page.locator('[data-one-time]').waitFor();
    expect(userOf('nina')).to.include({ role: 'agent', agentId: '207' });
    await page.locator('.one-time button').click();
    expect(await page.locator('[data-one-time]').count()).to.equal(0);
    await row('nina').getByText('207').waitFor();
    await page.fill('#new-username', 'nina');
    await page.fill('#new-agent', '208');
    await page.locator('.new-user button[type=submit]').click();
    await page.locator('.new-user .notice-bad', { hasText: 'taken' }).waitFor();
    expect(errors).to.deep.equal([]);
  });

  it('makes a viewer without one, and a supervisor with or without', async () => {
    await open('en');
    await page.fill('#new-username', 'vera');
    await page.selectOption('#new-role', 'viewer');
    expect(await page.locator('#new-agent').count()).to.equal(0);
    await page.keyboard.press('Enter');
    await page.locator('.new-user button[type=submit]').click();
    await row('vera').waitFor();
    expect(userOf('vera')).to.include({ role: 'viewer' }).and.not.have.property('agentId');
    await page.fill('#new-username', 'sam');
    await page.selectOption('#new-role', 'supervisor');
    await page.locator('.new-user button[type=submit]').click();
    await row('sam').waitFor();
    expect(userOf('sam')).to.include({ role: 'supervisor' }).and.not.have.property('agentId');
  });

  it('ties to another agent, unties, renews the password and switches off', async () => {
    await open('en');
    await row('oliver.webb').locator('[data-do=change]').click();
    await page.fill('#change-agent', '205');
    await page.locator('dialog button[type=submit]').click();
    await row('oliver.webb').getByText('205').waitFor();
    await row('oliver.webb').locator('[data-do=change]').click();
    await page.selectOption('#change-role', 'supervisor');
    await page.fill('#change-agent', '');
    await page.locator('dialog button[type=submit]').click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(userOf('oliver.webb')).to.include({ role: 'supervisor' }).and.not.have.property('agentId');
    await row('oliver.webb').locator('[data-do=password]').click();
    await page.locator('dialog button[type=submit]').click();
    await page.locator('[data-one-time]').waitFor();
    await row('oliver.webb').locator('[data-do=switch]').click();
    await page.locator('dialog .is-danger').click();
    await row('oliver.webb').getByText('Disabled').waitFor();
    await row('ada').locator('[data-do=switch]').click();
    await page.locator('dialog .is-danger').click();
    await page.locator('dialog .notice-bad', { hasText: 'last administrator' }).waitFor();
    expect(errors).to.deep.equal([]);
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language} at 1366x768 and 1920x1080`, async () => {
      await open(language);
      await row('oliver.webb').locator('[data-do=password]').click();
      await page.locator('dialog button[type=submit]').click();
      await page.locator('[data-one-time]').waitFor();
      for (const size of [
        { width: 1366, height: 768 },
        { width: 1920, height: 1080 },
      ]) {
        await page.setViewportSize(size);
        expect(await findOverflow(page), String(size.width)).to.deep.equal([]);
      }
      await row('oliver.webb').locator('[data-do=change]').click();
      await page.locator('#change-agent').waitFor();
      expect(await findOverflow(page)).to.deep.equal([]);
    });
});
