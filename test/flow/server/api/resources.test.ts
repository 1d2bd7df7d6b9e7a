/** Recordings, site, audit, health, screens: what each answers, and to whom. */
import { readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { request } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAdminSocketApp, listenAdminSocket } from '../../../../server/api/admin-socket.ts';
import { isAppError } from '../../../../server/lib/app-error.ts';
import { send, startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

describe('resources over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let admin: Browser;
  before(async () => {
    house = await startHarness({ metricsToken: 'a-token-for-metrics' });
    admin = await house.admin();
  });
  after(() => house?.stop());

  it('are all in docs/api.md, and every audit action is in docs/security.md', () => {
    const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
    const documented = [...read('docs/api.md').matchAll(/^\| `(GET|POST|PUT|PATCH|DELETE) (\S+?)` /gm)];
    const inDocs = documented.map(([, method, path]) => `${method} ${path}`);
    const inCode = house.http.routes.map((route) => `${route.method.toUpperCase()} ${route.path}`);
    expect(inDocs.sort()).to.deep.equal(inCode.sort());
    const root = new URL('../../../../server/', import.meta.url);
    const sources = ['api', 'auth'].flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => read(`server/${folder}/${name}`)),
    );
    const actions = new Set(
      sources.flatMap((text) => [...text.matchAll(/action(?::| =) '([^']+)'/g)].map(([, name]) => name)),
    );
    expect(actions.size).to.be.greaterThan(15);
    for (const action of actions) expect(read('docs/security.md'), action).to.include(`\`${action}\``);
  });

  describe('default deny', () => {
    it('answers every route of the API to a stranger with 401, whether it exists or not', async () => {
      const stranger = house.browser();
      const open = new Set(['/healthz', '/metrics', '/display/enrol', '/display/state', '/display/ticket']);
      for (const route of house.http.routes) {
        if (route.access === 'open') {
          expect(
            open.has(route.path) || ['/api/setup', '/api/session'].includes(route.path),
            route.path,
          ).to.equal(true);
          continue;
        }
        const path = route.path.replace(':id', 'rec_1');
        const answer = await stranger.call(
          route.method.toUpperCase(),
          path,
          ['get', 'delete'].includes(route.method) ? undefined : {},
        );
        expect(answer.status, `${route.method} ${path}`).to.equal(401);
      }
      for (const path of ['/api', '/api/', '/api/nothing', '/api/users/1/2/3'])
        expect((await stranger.call('GET', path)).status, path).to.equal(401);
      expect((await admin.call('GET', '/api/nothing')).status).to.equal(404);
    });

    it('has a page for what is not there, and no server name', async () => {
      const answer = await house.browser().call('GET', '/nothing.php', undefined, { accept: 'text/html' });
      expect(answer.status).to.equal(404);
      expect(answer.text).to.include('<h1>Not found</h1>');
      expect(answer.headers).not.to.have.property('x-powered-by');
    });

    it('sets the strict headers on every kind of answer', async () => {
      for (const path of [
        '/',
        '/wallboard/',
        '/api/session',
        '/healthz',
        '/nothing.php',
        '/assets/app-D3adB33f.js',
      ]) {
        const { headers } = await house.browser().call('GET', path, undefined, { accept: 'text/html' });
        expect(headers['content-security-policy'], path).to.match(/^default-src 'none'; script-src 'self';/);
        expect(headers['content-security-policy']).not.to.include('unsafe');
        expect(headers['x-content-type-options']).to.equal('nosniff');
        expect(headers['referrer-policy']).to.equal('no-referrer');
        expect(headers['cross-origin-opener-policy']).to.equal('same-origin');
        expect(headers['cross-origin-resource-policy']).to.equal('same-origin');
        expect(headers['permissions-policy']).to.include('microphone=()');
        expect(headers).not.to.have.property('strict-transport-security');
      }
    });
  });

  describe('screens', () => {
    const page = (path: string) => house.browser().call('GET', path, undefined, { accept: 'text/html' });
    it('serves both apps, pages uncached and hashed assets for ever', async () => {
      expect((await page('/')).text).to.include('<title>admin-ui');
      expect((await page('/recordings')).text, 'a page of the app').to.include('<title>admin-ui');
      expect((await page('/wallboard/')).text).to.include('<title>wallboard');
      expect((await page('/wallboard')).status).to.equal(308);
      expect((await page('/')).headers['cache-control']).to.equal('no-store');
      const asset = await page('/wallboard/assets/app-D3adB33f.js');
      expect(asset.headers['cache-control']).to.equal('public, max-age=31536000, immutable');
    });
    it('serves nothing outside its folder', async () => {
      for (const path of [
        '/../harness',
        '/%2e%2e/%2e%2e/etc/passwd',
        '/..%2f..%2fetc/passwd',
        '/wallboard/../../x.js',
      ])
        expect((await page(path)).text, path).not.to.match(/root:/);
    });
  });

  describe('recordings', () => {
    it('are heard only with a reason, which stands in the audit trail first', async () => {
      expect((await admin.call('GET', '/api/recordings/rec_1/audio')).status).to.equal(400);
      expect(
        (await admin.call('GET', `/api/recordings/rec_1/audio?grant=${'x'.repeat(43)}`)).status,
      ).to.equal(403);
      expect((await admin.call('POST', '/api/recordings/rec_1/listen', { reason: '  ' })).status).to.equal(
        400,
      );
      expect(
        (await admin.call('POST', '/api/recordings/rec_2/listen', { reason: 'complaint' })).status,
      ).to.equal(404);
      const grant = await admin.call('POST', '/api/recordings/rec_1/listen', { reason: 'complaint 17' });
      const url = String(grant.json['url']);
      const opened = (await house.deps.audit.list(1))[0];
      expect(opened).to.include({ actor: 'user:ada', action: 'recording.opened', target: 'rec_1' });
      expect(opened?.details).to.deep.equal({ reason: 'complaint 17' });

      const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const whole = await send(house.port, 'GET', url, { cookie });
      expect(whole.status).to.equal(200);
      expect(whole.headers['content-length']).to.equal('100000');
      expect(whole.headers['accept-ranges']).to.equal('bytes');
      const part = await send(house.port, 'GET', url, { cookie, range: 'bytes=10-19' });
      expect(part.status).to.equal(206);
      expect(part.headers['content-range']).to.equal('bytes 10-19/100000');
      expect(part.headers['content-length']).to.equal('10');
      expect((await send(house.port, 'GET', url, { cookie, range: 'bytes=200000-' })).status).to.equal(416);
      const tail = await send(house.port, 'GET', url, { cookie, range: 'bytes=-5' });
      expect(tail.headers['content-range']).to.equal('bytes 99995-99999/100000');
      expect((await send(house.port, 'HEAD', url, { cookie })).headers['content-length']).to.equal('100000');
      const played = (await house.deps.audit.list(50)).filter((entry) => entry.action === 'recording.played');
      expect(played, 'one playback, one entry').to.have.length(1);
      expect(played[0]?.details).to.deep.equal({ reason: 'complaint 17' });

      const other = await house.admin();
      expect((await other.call('GET', url)).status, 'a grant of another session').to.equal(403);
      house.clock.offsetMs = 31 * 60_000;
      expect((await admin.call('GET', url)).status, 'a grant run out').to.equal(403);
      house.clock.offsetMs = 0;
    });
  });

  describe('site', () => {
    it('is read, checked and imported as a whole, with the place of each fault', async () => {
      expect((await admin.call('GET', '/api/site')).json).to.deep.equal({
        version: 1,
        yaml: 'site:\n  name: First\n',
      });
      const file = await admin.call('GET', '/api/site?format=yaml');
      expect(file.headers['content-type']).to.match(/^text\/yaml/);
      const check = await admin.call('POST', '/api/site/check', { yaml: 'site:' });
      expect(check.json).to.deep.equal({
        isValid: false,
        faults: [{ path: ['site'], message: 'no name', line: 1 }],
      });
      const refused = await admin.call('PUT', '/api/site', { yaml: 'site:' });
      expect(refused.status).to.equal(422);
      expect(refused.json).to.have.nested.property('error.details.faults[0].line', 1);
      const done = await admin.call('PUT', '/api/site', { yaml: 'site:\n  name: Second\n', ifVersion: 1 });
      expect(done.json).to.deep.equal({ version: 2 });
      const stale = await admin.call('PUT', '/api/site', { yaml: 'site:\n  name: Third\n', ifVersion: 1 });
      expect(stale.status).to.equal(409);
      const actions = (await house.deps.audit.list(5)).map((entry) => entry.action);
      expect(actions).to.include.members(['site.imported', 'site.import-refused']);
    });
  });

  describe('audit', () => {
    it('comes in pages and is verified', async () => {
      const first = await admin.call('GET', '/api/audit?limit=2');
      const items = first.json['items'] as unknown as { seq: number }[];
      expect(items).to.have.length(2);
      const next = await admin.call('GET', `/api/audit?limit=2&cursor=${String(first.json['nextCursor'])}`);
      expect((next.json['items'] as unknown as { seq: number }[])[0]?.seq).to.equal((items[1]?.seq ?? 0) - 1);
      expect((await admin.call('GET', '/api/audit?cursor=abc')).status).to.equal(400);
      const verdict = await admin.call('POST', '/api/audit/verify', {});
      expect(verdict.json).to.include({ isIntact: true });
    });
  });

  describe('health and metrics', () => {
    it('tells a stranger the names only, and a user the details', async () => {
      expect((await house.browser().call('GET', '/healthz')).json).to.deep.equal({
        isReady: true,
        parts: { redis: { isReady: true } },
      });
      expect((await admin.call('GET', '/healthz')).json).to.have.nested.property('parts.redis.detail');
    });
    it('gives metrics to this machine and to the token, not through a proxy', async () => {
      const forwarded = { 'x-forwarded-for': '10.0.0.9' };
      expect((await house.browser().call('GET', '/metrics')).status).to.equal(200);
      expect((await house.browser().call('GET', '/metrics', undefined, forwarded)).status).to.equal(403);
      const good = { ...forwarded, authorization: 'Bearer a-token-for-metrics' };
      expect((await house.browser().call('GET', '/metrics', undefined, good)).status).to.equal(200);
      const bad = { ...forwarded, authorization: 'Bearer a-token-for-metricz' };
      expect((await house.browser().call('GET', '/metrics', undefined, bad)).status).to.equal(403);
    });
  });

  describe('admin socket', () => {
    let server: Server;
    let path: string;
    before(async () => {
      path = join(house.tempDir, 'admin.sock');
      server = await listenAdminSocket(createAdminSocketApp(house.deps), path);
    });
    after(() => new Promise((resolve) => server.close(resolve)));
    const ask = (method: string, target: string, body?: string): Promise<{ status: number; text: string }> =>
      new Promise((resolve, reject) => {
        const req = request({ socketPath: path, method, path: target, agent: false }, (res) => {
          let text = '';
          res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
        });
        req.on('error', reject);
        req.end(body);
      });

    it('is open to its owner only', () => {
      expect(statSync(path).mode & 0o777).to.equal(0o600);
    });
    it('exports, checks and imports the site without a session', async () => {
      expect((await ask('GET', '/site')).text).to.include('name:');
      expect(JSON.parse((await ask('POST', '/site/check', 'site:')).text)).to.have.property('isValid', false);
      const refused = await ask('PUT', '/site', 'site:');
      expect(refused.status).to.equal(422);
      expect(JSON.parse(refused.text)).to.have.nested.property('error.details.faults[0].message', 'no name');
      expect((await ask('PUT', '/site', 'site:\n  name: Fourth\n')).status).to.equal(200);
      expect((await house.deps.audit.list(1))[0]).to.include({ actor: 'local', action: 'site.imported' });
    });
    it('gives no setup secret once there is an administrator', async () => {
      expect((await ask('POST', '/setup-secret/renew')).status).to.equal(409);
      expect((await ask('GET', '/api/users')).status).to.equal(404);
    });
    it('does not take the place of a living server, and does take that of a dead one', async () => {
      const refused = await listenAdminSocket(createAdminSocketApp(house.deps), path).catch(
        (error: unknown) => error,
      );
      expect(isAppError(refused, 'conflict')).to.equal(true);
      expect((await ask('GET', '/site')).status).to.equal(200);
      // A file without a listener, as a killed server leaves it: closing removes the old name only.
      const dead = join(house.tempDir, 'dead.sock');
      const gone = await listenAdminSocket(createAdminSocketApp(house.deps), `${dead}.old`);
      renameSync(`${dead}.old`, dead);
      await new Promise((resolve) => gone.close(resolve));
      expect(statSync(dead).isSocket()).to.equal(true);
      const next = await listenAdminSocket(createAdminSocketApp(house.deps), dead);
      expect(next.listening).to.equal(true);
      await new Promise((resolve) => next.close(resolve));
    });
  });
});

describe('behind a proxy that speaks TLS', function () {
  this.timeout(60_000);
  let house: Harness;
  before(async () => {
    house = await startHarness({ trustedProxyHops: 1 });
  });
  after(() => house?.stop());

  it('uses __Host- cookies, HSTS and the https origin', async () => {
    await house.admin();
    const proxied = {
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '10.1.2.3',
      'x-forwarded-host': 'cc.bank.example',
    };
    const body = { username: 'ada', password: 'quiet-harbour-lantern' };
    const wrong = await house
      .browser()
      .call('POST', '/api/session', body, { ...proxied, origin: house.origin });
    expect(wrong.status).to.equal(403);
    const origin = 'https://cc.bank.example';
    const answer = await house.browser().call('POST', '/api/session', body, { ...proxied, origin });
    expect(answer.status).to.equal(200);
    expect(answer.headers['set-cookie']?.[0]).to.match(
      /^__Host-hl_session=.{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    expect(answer.headers['strict-transport-security']).to.equal('max-age=31536000');
    const sessions = await house.deps.access.sessions.list();
    expect(sessions.map((session) => session.address)).to.include('10.1.2.3');
  });
});
