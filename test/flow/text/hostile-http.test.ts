/** Strangers and agents who send anything at all over HTTP: a clear answer each time, and nothing kept out of its place. */
import { Agent, request } from 'node:http';
import { expect } from 'chai';
import { errorCatalogue } from '../../../server/contract/errors.ts';
import { bankOrigin, HostileHouse, isWholeFuzz, nasty, seeded } from '../../support/hostile-house.ts';
import { WebClient } from '../../support/web-client.ts';

interface Asked {
  base: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Buffer;
}
interface Seen {
  status: number;
  text: string;
}

const methods = ['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];
const publicPaths = [
  '/chat/*/config',
  '/chat/*/sessions',
  '/chat/files',
  '/chat/files/*',
  '/chat/transcript',
  '/forms/*/config',
  '/forms/*',
  '/hooks/*/messages',
  '/hooks/*/deliveries',
  '/chat/widget.js',
  '/*',
];
const deskPaths = [
  '/api/desk',
  '/api/desk/targets',
  '/api/desk/ticket',
  '/api/desk/log-in',
  '/api/desk/state',
  '/api/desk/offers/*/accept',
  '/api/desk/offers/*/reject',
  '/api/desk/contacts/*',
  '/api/desk/contacts/*/messages',
  '/api/desk/contacts/*/attachments',
  '/api/desk/contacts/*/transfer',
  '/api/desk/contacts/*/close',
  '/api/desk/contacts/*/read',
  '/api/desk/contacts/*/typing',
  '/api/desk/attachments/*',
  '/api/desk/messages/*/html',
];
const fields = [
  'clientId',
  'text',
  'language',
  'wants',
  'name',
  'email',
  'phone',
  'topic',
  'consent',
  'page',
  'id',
];
fields.push(
  'from',
  'at',
  'files',
  'state',
  'fault',
  'to',
  'reason',
  'seq',
  'note',
  'queueId',
  'agentId',
  'isNote',
);

describe('fuzzed requests', function () {
  this.timeout(isWholeFuzz ? 1_000_000 : 120_000);
  let hostile: HostileHouse;
  let annas: string;
  let boriss: string;

  before(async () => {
    hostile = await HostileHouse.open({ proxies: '1' });
    await hostile.anna.goReady();
    annas = (await hostile.chatWith(hostile.anna)).contactId;
    await hostile.anna.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    await hostile.boris.goReady();
    boriss = (await hostile.chatWith(hostile.boris)).contactId;
  });
  after(() => hostile?.close());

  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const ask = ({ base, method, path, headers, body }: Asked): Promise<Seen> =>
    new Promise((resolve, reject) => {
      const url = new URL(base);
      const call = request(
        { agent, host: url.hostname, port: url.port, method, path, headers, timeout: 15_000 },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => (text += part));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
          answer.on('error', reject);
        },
      );
      call.on('timeout', () => call.destroy(new Error(`no answer: ${method} ${path}`)));
      call.on('error', reject);
      call.end(body);
    });

  const dice = seeded(20_26);
  const segment = (): string => {
    const known = [
      'web',
      'silent',
      'contact',
      'sms',
      'other',
      annas,
      boriss,
      'file_01',
      'm_01',
      '%00',
      '%ff',
      '%2e%2e%2f',
    ];
    return dice.next() < 0.7
      ? dice.of(known)
      : encodeURIComponent(dice.of(nasty).replace(/\p{Surrogate}/gu, '?')).slice(0, 500);
  };
  const value = (depth = 0): unknown => {
    const roll = dice.next();
    if (roll < 0.5) return dice.of(nasty);
    if (roll < 0.6) return dice.of([0, -1, 1.5, 1e300, 2 ** 53, 2 ** 31, -(2 ** 40)]);
    if (roll < 0.7) return dice.of([true, false, null]);
    if (roll < 0.8)
      return dice.of(['en', 'mail', 'call', 'ready', 'clientid-1', 'carla@example.org', '+39 06 1', 'sent']);
    if (depth > 3) return [];
    return roll < 0.9 ? [value(depth + 1), value(depth + 1)] : { [dice.of(nasty)]: value(depth + 1) };
  };
  const body = (): string | Buffer => {
    const roll = dice.next();
    if (roll < 0.7)
      return JSON.stringify(
        Object.fromEntries(fields.filter(() => dice.next() < 0.4).map((key) => [key, value()])),
      );
    if (roll < 0.8) return JSON.stringify(value());
    if (roll < 0.9) return Buffer.from(Array.from({ length: dice.below(200) }, () => dice.below(256)));
    return dice.of(['{', '', '[', '{"__proto__":{"x":1}}', `${'['.repeat(5000)}`, `"${'z'.repeat(30_000)}"`]);
  };
  /** Bodies that get as far as the stores, with one nasty string in each. */
  const nearlyRight = (): { path: string; body: object } =>
    dice.of([
      {
        path: '/chat/silent/sessions',
        body: { language: 'en', name: dice.of(nasty), page: dice.of(nasty), topic: dice.of(nasty) },
      },
      {
        path: '/forms/contact',
        body: {
          clientId: `form-${dice.below(40)}-abcdef`,
          language: 'en',
          wants: 'mail',
          email: 'carla@example.org',
          name: dice.of(nasty),
          text: dice.of(nasty),
          page: dice.of(nasty),
        },
      },
    ]);
  const deskRight = (): { path: string; body: object } =>
    dice.of([
      {
        path: `/api/desk/contacts/${boriss}/messages`,
        body: { clientId: `desk-${dice.below(1e6)}-abcd`, text: dice.of(nasty), isNote: dice.next() < 0.5 },
      },
      { path: `/api/desk/contacts/${boriss}/read`, body: { seq: dice.of([0, 1, 2 ** 31, 2 ** 53, 1e9]) } },
      { path: `/api/desk/contacts/${boriss}/transfer`, body: { queueId: 'none', note: dice.of(nasty) } },
    ]);

  const one = (session: Record<string, string>): Asked => {
    const isPublic = dice.next() < 0.6;
    const isNear = dice.next() < 0.3;
    const near = isNear ? (isPublic ? nearlyRight() : deskRight()) : undefined;
    const hasSession = isNear || dice.next() < 0.6;
    const shape = dice.of(isPublic ? publicPaths : deskPaths);
    const query = dice.of([
      '',
      '',
      '?name=x',
      '?name=%00',
      '?token=',
      '?language=%ff',
      `?a=${'b'.repeat(300)}`,
      '?name=a&name=b',
    ]);
    const method = near ? 'POST' : dice.of(methods);
    const content = near ? JSON.stringify(near.body) : body();
    const own = isPublic ? hostile.url : hostile.house.stack.httpUrl;
    return {
      base: own,
      method,
      path: near?.path ?? shape.replaceAll('*', segment) + query,
      headers: {
        'content-type': near
          ? 'application/json'
          : dice.of(['application/json', 'text/plain', 'image/png', 'application/json; charset=x']),
        origin: near ? own : dice.of([own, own, bankOrigin, 'https://evil.example', 'null']),
        'x-forwarded-for': `10.${dice.below(200)}.${dice.below(250)}.${dice.below(250)}`,
        'content-length': String(Buffer.byteLength(content)),
        ...(!near && dice.next() < 0.3 && { authorization: `Bearer ${dice.of(['A'.repeat(43), 'x'])}` }),
        ...(!near &&
          dice.next() < 0.1 && {
            'x-hearthline-signature': `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`,
          }),
        ...(!isPublic && hasSession && session),
      },
      body: content,
    };
  };

  it('get a clear answer each, and leave nothing but what was accepted', async () => {
    const before = { counts: await hostile.counts(), files: hostile.files(), pid: hostile.pid() };
    const session = hostile.boris.client.headers();
    const codes = new Set(Object.keys(errorCatalogue));
    const byStatus = new Map<number, number>();
    const sessions: string[] = [];
    const uploads: string[] = [];
    const forms = new Set<string>();
    const wrong: string[] = [];
    const endAt = performance.now() + (isWholeFuzz ? 900_000 : 25_000);
    const atLeast = isWholeFuzz ? 10_000 : 3000;
    let count = 0;
    const work = async () => {
      while (count < 10_000 && (count < atLeast || performance.now() < endAt)) {
        count += 1;
        const asked = one(session);
        const { status, text } = await ask(asked);
        byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
        const isShaped = status < 400 || asked.method === 'HEAD' || codes.has(codeOf(text));
        if (status >= 500 || !isShaped)
          wrong.push(
            `${status} ${asked.method} ${asked.path} ${text.slice(0, 200)} ${String(asked.body).slice(0, 300)}`,
          );
        if (status === 201 && asked.path.includes('/sessions')) sessions.push(text);
        // The agent's own contact, a name and some bytes: that is a file.
        if (status === 201 && asked.path.includes('/attachments')) uploads.push(text);
        if (status === 202) forms.add((JSON.parse(String(asked.body)) as { clientId: string }).clientId);
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect(wrong).to.deep.equal([]);
    expect(count).to.be.at.least(atLeast);
    expect([...byStatus.keys()]).to.include.members([200, 201, 202, 400, 401, 403, 404, 409]);
    expect(hostile.pid()).to.equal(before.pid);
    expect(hostile.faults()).to.deep.equal([]);
    const after = await hostile.counts();
    const { users, files, threads, chat_sessions: begun, raw_mails: mails } = before.counts;
    expect(after).to.include({ users, files: files! + uploads.length, raw_mails: mails });
    expect(after['chat_sessions']).to.equal(begun! + sessions.length);
    expect(after['threads']).to.equal(threads! + forms.size);
    expect(hostile.files()).to.deep.equal(before.files);
    agent.destroy();
  });

  it('and the desk is closed to whoever has none, or another one', async () => {
    const { anna, boris, admin } = hostile;
    const status = async (client: WebClient, method: string, path: string, json?: object) =>
      (await client.call<{ error?: { code: string; details?: { reason?: string } } }>(method, path, json))
        .status;
    const thread = await anna.thread(annas);
    const acts: [string, string, object?][] = [
      ['GET', `/api/desk/contacts/${annas}`],
      ['POST', `/api/desk/contacts/${annas}/messages`, { clientId: 'boris-12345', text: 'mine' }],
      [
        'POST',
        `/api/desk/contacts/${annas}/messages`,
        { clientId: 'boris-12345', text: 'mine', isNote: true },
      ],
      ['POST', `/api/desk/contacts/${annas}/transfer`, { queueId: 'quiet' }],
      ['POST', `/api/desk/contacts/${annas}/close`, {}],
      ['POST', `/api/desk/contacts/${annas}/read`, { seq: 1 }],
      ['POST', `/api/desk/contacts/${annas}/typing`, {}],
      ['GET', `/api/desk/messages/${thread.messages[0]!.messageId}/html`],
    ];
    for (const [method, path, json] of acts)
      expect(await status(boris.client, method, path, json), path).to.equal(404);
    const attached = await boris.client.raw(
      'POST',
      `/api/desk/contacts/${annas}/attachments?name=x.txt`,
      'x',
      'text/plain',
    );
    expect(attached.status).to.equal(404);
    expect(await status(new WebClient(admin.url), 'GET', '/api/desk')).to.equal(401);
    const refused = await admin.call<{ error: { details: object } }>('GET', '/api/desk');
    expect([refused.status, refused.body.error.details]).to.deep.equal([403, { reason: 'no-agent' }]);
    const viewer = await signedIn(hostile, 'viewer');
    for (const path of ['/api/desk', `/api/desk/contacts/${annas}`])
      expect(await status(viewer, 'GET', path)).to.equal(403);
    expect(await status(viewer, 'POST', '/api/desk/ticket', {})).to.equal(403);
    // Passed on, it is the other one's, files and all.
    const file = await anna.client.raw(
      'POST',
      `/api/desk/contacts/${annas}/attachments?name=a.txt`,
      'secret',
      'text/plain',
    );
    const { attachmentId } = (await file.json()) as { attachmentId: string };
    await anna.say(annas, 'see this', { attachmentIds: [attachmentId] });
    expect(await status(boris.client, 'GET', `/api/desk/attachments/${attachmentId}`)).to.equal(404);
    await anna.client.must('POST', `/api/desk/contacts/${annas}/transfer`, { agentId: '102' });
    expect(await boris.takeNext('chat')).to.equal(annas);
    for (const [method, path, json] of acts)
      expect(await status(anna.client, method, path, json), path).to.equal(404);
    expect((await anna.client.raw('GET', `/api/desk/attachments/${attachmentId}`)).status).to.equal(404);
    expect(await (await boris.client.raw('GET', `/api/desk/attachments/${attachmentId}`)).text()).to.equal(
      'secret',
    );
  });

  it('and forged ones do nothing', async () => {
    const { cookie = '' } = hostile.boris.client.headers();
    const forged = await fetch(`${hostile.house.stack.httpUrl}/api/desk/state`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, origin: hostile.house.stack.httpUrl },
      body: JSON.stringify({ to: 'logged-out' }),
    });
    expect(forged.status).to.equal(403);
    for (const path of [
      '/chat/web/config',
      '/chat/web/sessions',
      '/forms/contact',
      '/forms/contact/config',
      '/chat/files',
    ]) {
      const foreign = await fetch(hostile.url + path, { headers: { origin: 'https://evil.example' } });
      expect(foreign.status, path).to.equal(403);
      expect(foreign.headers.get('access-control-allow-origin')).to.equal(null);
    }
    // The other connector's key opens nothing here, nor says what became of our messages.
    const message = { id: 'm1', from: { address: '+391' }, text: 'hello' };
    expect((await hostile.hook('sms', 'messages', message, 'other')).status).to.equal(401);
    expect((await hostile.hook('none', 'messages', message, 'other')).status).to.equal(401);
  });
});

const codeOf = (text: string): string => {
  try {
    return (JSON.parse(text) as { error: { code: string } }).error.code;
  } catch {
    return `no JSON: ${text.slice(0, 100)}`;
  }
};

async function signedIn(hostile: HostileHouse, role: string): Promise<WebClient> {
  const made = await hostile.admin.must<{ oneTimePassword: string }>('POST', '/api/users', {
    username: role,
    role,
  });
  const client = new WebClient(hostile.admin.url);
  await client.must('POST', '/api/session', { username: role, password: made.oneTimePassword });
  await client.must('POST', '/api/me/password', {
    current: made.oneTimePassword,
    next: `a long password of ${role}`,
  });
  return client;
}
