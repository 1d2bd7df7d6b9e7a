/** First set-up, sign-in and sign-out on the real server, and what a stranger and each role can reach. */
import { expect } from 'chai';
import type { NewUser } from '../../../server/contract/rest.ts';
import { administrator, LiveHouse, visit } from './live-house.ts';

const newPassword = 'quite another long one';

describe('doors of the real server', function () {
  this.timeout(90_000);
  let live: LiveHouse;
  let admin: Awaited<ReturnType<LiveHouse['setUp']>>;
  let secret: string;

  before(async () => {
    live = await LiveHouse.open();
    secret = live.house.stack.setupSecret();
  });
  after(() => live.close());

  async function signIn(username: string, password: string) {
    const visitor = await live.visitor();
    await visitor.page.goto(live.url);
    await visitor.page.fill('#username', username);
    await visitor.page.fill('#password', password);
    await visitor.page.click('button[type=submit]');
    return visitor;
  }

  it('makes the administrator with the one-time secret, once', async () => {
    admin = await live.setUp();
    expect(await admin.page.locator('.account-text').innerText()).to.contain(administrator.username);
    const body = { secret, username: 'mallory', password: newPassword };
    const again = await live.request((await live.visitor()).context, 'POST', '/api/setup', body);
    expect(again.status).to.equal(409);
    const stranger = await live.visitor();
    await stranger.page.goto(live.url);
    await stranger.page.locator('#password').waitFor();
    expect(await stranger.page.locator('#secret').count(), 'no set-up page any more').to.equal(0);
    expect(admin.errors).to.deep.equal([]);
  });

  it('signs out for good, and in again; a wrong password is refused', async () => {
    const [cookie] = await admin.context.cookies();
    await admin.page.locator('.account-opener').click();
    await admin.page.locator('.account-menu .menu-item').last().click();
    await admin.page.locator('#password').waitFor();
    const old = await live.visitor();
    await old.context.addCookies([cookie!]);
    expect((await live.request(old.context, 'GET', '/api/session')).status, 'the old cookie').to.equal(401);
    const wrong = await signIn(administrator.username, 'not this one at all');
    await wrong.page.locator('.notice-bad').waitFor();
    expect(await wrong.page.locator('.shell').count()).to.equal(0);
    admin = await signIn(administrator.username, administrator.password);
    await admin.page.locator('[data-connection=live]').waitFor();
  });

  it('shows a stranger the sign-in page and nothing else: every route of the API answers 401', async () => {
    const { page, context } = await live.visitor();
    for (const id of ['live', 'recordings', 'contacts', 'displays', 'site', 'audit']) {
      await page.goto(`${live.url}/#/${id}`);
      await page.locator('#password').waitFor();
      expect(await page.locator('nav').count(), id).to.equal(0);
    }
    const guarded = [
      'GET /api/session',
      'DELETE /api/session',
      'POST /api/me/password',
      'GET /api/sessions',
      'DELETE /api/sessions/s1',
      'GET /api/users',
      'POST /api/users',
      'POST /api/users/u1/password',
      'PATCH /api/users/u1',
      'GET /api/displays',
      'POST /api/displays/approve',
      'PATCH /api/displays/d1',
      'POST /api/displays/d1/revoke',
      'POST /api/live-ticket',
      'GET /api/contacts',
      'GET /api/recordings',
      'POST /api/recordings/r1/listen',
      'GET /api/recordings/r1/audio',
      'GET /api/site',
      'PUT /api/site',
      'POST /api/site/check',
      'GET /api/emergency',
      'PUT /api/emergency',
      'PUT /api/agents/101/state',
      'POST /api/contacts/c1/return',
      'GET /api/hours',
      'GET /api/decisions',
      'GET /api/fairness',
      'GET /api/reports/intervals',
      'GET /api/reports/statements',
      'GET /api/reports/fcr',
      'GET /api/reports/fcr/contacts',
      'GET /api/reports/drift',
      'GET /api/alerts/a1/drift',
      'GET /api/figures/contacts',
      'GET /api/audit',
      'POST /api/audit/verify',
      'GET /api/nothing-of-this-name',
    ];
    for (const route of guarded) {
      const [method = '', path = ''] = route.split(' ');
      const answer = await live.request(context, method, path, method === 'GET' ? undefined : {});
      expect(answer.status, route).to.equal(401);
      expect(answer.body, route).to.have.nested.property('error.code', 'sign-in-required');
    }
  });

  it('gives a viewer the live page alone, a supervisor no audit trail and no import', async () => {
    for (const role of ['viewer', 'supervisor']) {
      const made = await live.request(admin.context, 'POST', '/api/users', { username: `${role}1`, role });
      const { oneTimePassword } = made.body as NewUser;
      const { page, context } = await signIn(`${role}1`, oneTimePassword);
      // The one-time password opens one door only.
      await page.locator('#current').waitFor();
      expect((await live.request(context, 'GET', '/api/contacts')).status).to.equal(403);
      await page.fill('#current', oneTimePassword);
      await page.fill('#new-password', newPassword);
      await page.fill('#new-password-again', newPassword);
      await page.click('button[type=submit]');
      await page.locator('[data-connection=live]').waitFor();
      const links = await page.locator('nav a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
      const isViewer = role === 'viewer';
      expect(links).to.deep.equal(
        isViewer
          ? ['#/live', '#/alerts']
          : [
              '#/live',
              '#/alerts',
              '#/recordings',
              '#/contacts',
              '#/decisions',
              '#/reports',
              '#/fairness',
              '#/hours',
              '#/channels',
              '#/boards',
              '#/displays',
            ],
      );
      const status = async (method: string, path: string, data?: unknown) =>
        (await live.request(context, method, path, data)).status;
      expect(await status('GET', '/api/audit')).to.equal(403);
      expect(await status('GET', '/api/site'), 'its digests let a device register').to.equal(403);
      expect(await status('GET', '/api/site/names')).to.equal(isViewer ? 403 : 200);
      const lastHour = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date().toISOString()}`;
      expect(await status('GET', `/api/fairness?${lastHour}`)).to.equal(isViewer ? 403 : 200);
      expect(await status('PUT', '/api/site', { yaml: 'site: { name: Mine }' })).to.equal(403);
      expect(await status('POST', '/api/displays/approve', { code: 'AAAAAAA', name: 'Mine' })).to.equal(403);
      expect(await status('GET', '/api/recordings')).to.equal(isViewer ? 403 : 200);
      expect(await status('POST', '/api/recordings/r1/listen', { reason: 'because' })).to.equal(
        isViewer ? 403 : 404,
      );
    }
    await visit(admin.page, 'audit');
    await admin.page.locator('.page-head .notice-good').waitFor();
  });
});
