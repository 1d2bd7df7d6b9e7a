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

  /** Names as a site of several teams has them. */
  async function withTeams() {
    const queues = { cards: 'Card services', accounts: 'Current accounts', loans: 'Loans and mortgages' };
    const teams = { north: 'North', south: 'South' };
    await page.route('**/api/site/names', (route) => route.fulfill({ json: { queues, teams, agents: {} } }));
    await page.reload();
    await page.locator('tr[data-user=ada]').waitFor();
  }

  for (const language of ['en', 'ru', 'it'])
    it(`limits a supervisor to teams and queues, and lifts it again (${language})`, async () => {
      await open(language);
      await withTeams();
      await page.fill('#new-username', 'nora');
      expect(await page.locator('.view-fields').count(), 'an agent has the desk alone').to.equal(0);
      await page.selectOption('#new-role', 'supervisor');
      await page.locator('.new-user input[value=part]').check();
      await page.locator('.new-user button[type=submit]').click();
      await page.locator('.new-user .notice-bad').waitFor();
      expect(userOf('nora'), 'nothing chosen').to.equal(undefined);
      await page.locator('.new-user input[value=north]').check();
      await page.locator('.new-user input[value=loans]').check();
      await page.locator('.new-user input[value=cards]').check();
      expect(await findOverflow(page)).to.deep.equal([]);
      await page.locator('.new-user button[type=submit]').click();
      await row('nora').waitFor();
      expect(userOf('nora')?.view).to.deep.equal({ teams: ['north'], queues: ['cards', 'loans'] });
      expect(await row('nora').innerText())
        .to.include('Card services')
        .and.include('North');
      await row('nora').locator('[data-do=change]').click();
      await page.locator('dialog input[value=cards]').uncheck();
      expect(await findOverflow(page)).to.deep.equal([]);
      await page.locator('dialog .is-main').click();
      await page.locator('dialog').waitFor({ state: 'detached' });
      expect(userOf('nora')?.view).to.deep.equal({ teams: ['north'], queues: ['loans'] });
      await row('nora').locator('[data-do=change]').click();
      await page.locator('dialog input[value=all]').check();
      await page.locator('dialog .is-main').click();
      await page.locator('dialog').waitFor({ state: 'detached' });
      expect(userOf('nora')).not.to.have.property('view');
      expect(errors).to.deep.equal([]);
    });

  it('says on every page what somebody sees who is limited, and offers no switch of the whole site', async () => {
    await open('en');
    const { backend } = stage;
    backend.rest.limits.view = {
      teams: [{ id: 'north', name: 'North' }],
      queues: [
        { id: 'cards', name: 'Cards' },
        { id: 'accounts', name: 'Accounts' },
      ],
    };
    backend.shape((state) => (state.board.isPart = true));
    await page.goto(`${backend.url}/?lang=en#/live`);
    await page.reload();
    await page.locator('.side-view', { hasText: 'Cards, Accounts · Team North' }).waitFor();
    backend.step();
    await page.locator('.figures-part').waitFor();
    await page.locator('#emergency-open').click();
    await page.locator('.emergency-choice').first().waitFor();
    expect(await page.locator('.emergency-choice[data-scope=""]').count()).to.equal(0);
    await page.keyboard.press('Escape');
    await page.goto(`${backend.url}/?lang=en#/alerts`);
    await page.locator('.side-view').waitFor();
    expect(errors).to.deep.equal([]);
  });
});
