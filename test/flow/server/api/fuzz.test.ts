/**
 * Ten thousand requests that nobody should send, as a stranger and as an administrator, on kept-open connections:
 * no answer is a 5xx, none carries a stack trace, and the server answers a plain request within bounds afterwards.
 */
import { Agent, request } from 'node:http';
import { expect } from 'chai';
import fc from 'fast-check';
import { startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

const requestCount = 10_000;
const atOnce = 16;

const nasty = fc.constantFrom(
  '',
  '%',
  '%00',
  '%ff',
  '..%2f',
  '../../etc/passwd',
  "' OR 1=1 --",
  '<script>',
  '\u202e',
  '{{7*7}}',
  'null',
  '-1',
  '9'.repeat(400),
  'a'.repeat(3000),
  '__proto__',
  'constructor',
  '%F0%9F%92%A9',
);
const names = fc.constantFrom(
  'secret',
  'username',
  'password',
  'current',
  'next',
  'role',
  'isDisabled',
  'code',
  'name',
  'reason',
  'yaml',
  'ifVersion',
  'scope',
  'language',
  '__proto__',
  'constructor',
  'toString',
);
const value = fc.oneof(
  nasty,
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('\0', '\ud800'),
);
const json = fc.oneof(
  fc
    .array(fc.tuple(names, value), { maxLength: 5 })
    .map((pairs) => JSON.stringify(Object.fromEntries(pairs))),
  fc.jsonValue({ maxDepth: 4 }).map((one) => JSON.stringify(one)),
  fc.string({ maxLength: 60 }),
  fc.constantFrom('[', '{"a":', '['.repeat(20_000), '{"yaml":'.repeat(500), '\ufeff{}', 'true', ''),
);
const types = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'application/json; charset=x',
  '',
);

interface Attempt {
  method: string;
  path: string;
  type: string;
  body: string;
  headers: Record<string, string>;
}

function attempts(paths: string[]): fc.Arbitrary<Attempt> {
  const known = fc
    .tuple(fc.constantFrom(...paths), nasty)
    .map(([path, id]) => path.replace(':id', encodeURI(id)));
  const strange = fc.tuple(
    fc.constantFrom('/', '/api/', '/wallboard/', '/display/', '/ws/', '/assets/'),
    nasty,
  );
  const query = fc.oneof(
    fc.constant(''),
    fc
      .tuple(fc.constantFrom('cursor', 'limit', 'grant', 'format', 'all', 'x[]'), nasty)
      .map(([key, text]) => `?${key}=${encodeURI(text)}`),
  );
  const path = fc.oneof(
    { weight: 4, arbitrary: known },
    { weight: 1, arbitrary: strange.map(([lead, text]) => lead + encodeURI(text)) },
  );
  const odd = fc.constantFrom<Record<string, string>>(
    {},
    {},
    {},
    { range: 'bytes=9-1,4-' },
    { 'content-encoding': 'gzip' },
    { 'x-forwarded-for': "'; --" },
    { cookie: 'hl_session=%%%; =;;' },
    { origin: 'null' },
    { origin: '::::' },
    { accept: 'text/html' },
    { 'if-none-match': '*' },
    { expect: '100-continue' },
  );
  return fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND'),
    path: fc.tuple(path, query).map(([lead, rest]) => (lead + rest).slice(0, 4000)),
    type: types,
    body: json,
    headers: odd,
  });
}

describe('the HTTP API under nonsense', function () {
  // About 15 s on an idle machine; the bound is for a busy one.
  this.timeout(150_000);
  let house: Harness;
  let admin: Browser;
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  before(async () => {
    house = await startHarness();
    await house.residency.start();
    admin = await house.admin();
  });
  after(async () => {
    agent.destroy();
    await house?.stop();
  });

  const fire = (attempt: Attempt, isSignedIn: boolean): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const identity = isSignedIn
        ? { cookie: `hl_session=${admin.cookies.get('hl_session')}`, 'x-hearthline-csrf': admin.csrf ?? '' }
        : {};
      const headers = {
        ...identity,
        ...attempt.headers,
        'content-length': String(Buffer.byteLength(attempt.body)),
        ...(attempt.type === '' ? {} : { 'content-type': attempt.type }),
      };
      const { method, path } = attempt;
      const req = request({ host: '127.0.0.1', port: house.port, method, path, headers, agent }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
        res.on('error', reject);
      });
      req.setTimeout(10_000, () => req.destroy(new Error(`no answer to ${method} ${path}`)));
      req.on('error', (error: NodeJS.ErrnoException) => {
        // A refused body ends the connection while we still write it.
        if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve({ status: 0, text: '' });
        else reject(error);
      });
      req.end(attempt.body);
    });

  it(`answers ${requestCount} requests without a 5xx or a stack trace`, async () => {
    // Signing out by chance would turn the rest into a stranger's requests.
    const paths = [...new Set(house.http.routes.map((route) => route.path))].filter(
      (path) => path !== '/api/session',
    );
    const seed = Number(process.env['HEARTHLINE_FUZZ_SEED'] ?? Date.now());
    const list = fc.sample(attempts(paths), { numRuns: requestCount, seed });
    const counts = new Map<number, number>();
    let next = 0;
    const worker = async () => {
      for (let index = next++; index < list.length; index = next++) {
        const attempt = list[index];
        if (!attempt) return;
        const { status, text } = await fire(attempt, index % 2 === 0);
        counts.set(status, (counts.get(status) ?? 0) + 1);
        const shown = `seed ${seed}: ${attempt.method} ${attempt.path.slice(0, 200)} ${attempt.type} ${attempt.body.slice(0, 200)}`;
        expect(status, shown).to.be.lessThan(500);
        expect(text, shown).not.to.match(/\n\s+at |node_modules|server\/api|SELECT|INSERT/);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).to.equal(requestCount);
    expect(counts.get(400) ?? 0, 'some got as far as their body').to.be.greaterThan(100);
    expect(counts.get(401) ?? 0, 'strangers are refused').to.be.greaterThan(1000);
    expect(counts.get(0) ?? 0, 'hardly any connection broke').to.be.lessThan(requestCount / 20);
    expect((await admin.call('GET', '/api/session')).status).to.equal(200);
    expect(await house.deps.audit.verify()).to.include({ isIntact: true });
  });
});
