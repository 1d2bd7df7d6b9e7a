/** Files, names and words that would be something else than data: they come back as data, under plain names, and never as a page. */
import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import type { ChatAttachment } from '../../../server/contract/chat.ts';
import type { AttachmentView } from '../../../server/contract/desk.ts';
import { signatureHeader } from '../../../server/channels/webhook/signature.ts';
import { HostileHouse } from '../../support/hostile-house.ts';
import { until } from '../../support/until.ts';

const png = new Uint8Array(64);
png.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const page = '<!doctype html><script>alert(document.domain)</script>';
const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>';
/** What they are called outside, and what here. */
const names: [string, string][] = [
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\x', 'x'],
  ['a\0b/c\0.txt', 'c .txt'],
  ['a\r\nSet-Cookie: x=1', 'a Set-Cookie_ x=1'],
  ['\u202Efdp.txt', 'fdp.txt'],
  [`${'n'.repeat(196)}.txt`, `${'n'.repeat(196)}.txt`],
  ['<img src=x onerror=alert(1)>', '_img src=x onerror=alert(1)_'],
  ['...', 'file'],
];

describe('hostile files and words', function () {
  this.timeout(120_000);
  let hostile: HostileHouse;
  let hooks: Server;
  const posted: { messageId: string; text: string }[] = [];
  let hookAnswer = '{}';

  before(async () => {
    hostile = await HostileHouse.open();
    hooks = createServer((req, res) => {
      let body = '';
      req.on('data', (part: Buffer) => (body += part.toString('utf8')));
      req.on('end', () => {
        posted.push(JSON.parse(body) as { messageId: string; text: string });
        res.end(hookAnswer);
      });
    });
    await new Promise<void>((done) => hooks.listen(hostile.hookPort, '127.0.0.1', done));
    await hostile.anna.goReady();
  });
  afterEach(() => hostile.leaveChats());
  after(async () => {
    hooks?.closeAllConnections();
    hooks?.close();
    await hostile?.close();
  });

  const upload = (token: string, name: string, content: BodyInit, type: string) =>
    fetch(`${hostile.url}/chat/files?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body: content,
    });
  const attach = (contactId: string, name: string, content: BodyInit, type: string) =>
    hostile.anna.client.raw(
      'POST',
      `/api/desk/contacts/${contactId}/attachments?name=${encodeURIComponent(name)}`,
      content,
      type,
    );
  const download = (token: string, attachmentId: string) =>
    fetch(`${hostile.url}/chat/files/${attachmentId}?token=${token}`);
  const expectSaved = (answer: Response) => {
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('application/octet-stream');
    expect(answer.headers.get('content-disposition')).to.match(
      /^attachment; filename="[^"]*"; filename\*=UTF-8''\S+$/,
    );
    expectNoPage(answer);
  };
  const expectNoPage = (answer: Response) => {
    expect(answer.headers.get('content-security-policy'))
      .to.contain("default-src 'none'")
      .and.contain('sandbox');
    expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(answer.headers.get('set-cookie')).to.equal(null);
  };

  it('are called plainly at every door', async () => {
    const { one, contactId } = await hostile.chatWith(hostile.anna);
    for (const [given, plain] of names) {
      const sent = (await (await upload(one.token, given, 'x', 'text/plain')).json()) as ChatAttachment;
      expect(sent.name, given).to.equal(plain);
      expectSaved(await download(one.token, sent.attachmentId));
      const kept = (await (await attach(contactId, given, 'x', 'text/plain')).json()) as AttachmentView;
      expect(kept.name, given).to.equal(plain);
      expectSaved(await hostile.anna.client.raw('GET', `/api/desk/attachments/${kept.attachmentId}`));
    }
    const files = names.map(([name]) => ({ name, mime: 'text/plain', base64: 'eA==' }));
    const taken = await hostile.hook('sms', 'messages', {
      id: 'named',
      from: { address: '+391' },
      text: 'x',
      files,
    });
    const { messageId } = (await taken.json()) as { messageId: string };
    const rows = await hostile.house.rows<{ name: string }>(
      'select name from files where message_id = $1 order by attachment_id',
      [messageId],
    );
    expect(rows.map(({ name }) => name)).to.have.members(names.map(([, plain]) => plain));
    await hostile.anna.close(contactId);
  });

  it('are shown as pictures only if their bytes are pictures', async () => {
    const { one, contactId } = await hostile.chatWith(hostile.anna);
    const disguised: [string, string | Uint8Array<ArrayBuffer>, string][] = [
      ['a.png', page, 'image/png'],
      ['a.svg', svg, 'image/svg+xml'],
      ['b.png', svg, 'image/png'],
      ['c.html', page, 'text/html'],
      ['d.gif', png, 'image/gif'],
    ];
    for (const [name, content, type] of disguised) {
      const sent = (await (
        await upload(one.token, name, new Blob([content]), type)
      ).json()) as ChatAttachment;
      expect(sent.isPicture, name).to.equal(false);
      expectSaved(await download(one.token, sent.attachmentId));
      const kept = (await (
        await attach(contactId, name, new Blob([content]), type)
      ).json()) as AttachmentView;
      expect(kept.isPicture, name).to.equal(false);
      expectSaved(await hostile.anna.client.raw('GET', `/api/desk/attachments/${kept.attachmentId}`));
    }
    const sent = (await (
      await upload(one.token, 'e.png', new Blob([png]), 'image/png')
    ).json()) as ChatAttachment;
    const shown = await download(one.token, sent.attachmentId);
    expect([sent.isPicture, shown.headers.get('content-type')]).to.deep.equal([true, 'image/png']);
    expectNoPage(shown);
    for (const [name, why] of [
      ['a.exe', 'type'],
      ['a.pdf.EXE ', 'type'],
    ] as const) {
      const refused = await upload(one.token, name, 'MZ', 'application/pdf');
      expect([
        refused.status,
        ((await refused.json()) as { error: { details: object } }).error.details,
      ]).to.deep.equal([422, { reason: why }]);
    }
    await hostile.anna.close(contactId);
  });

  it('open to their own chat alone, and those of notes to no customer', async () => {
    const { one, contactId } = await hostile.chatWith(hostile.anna);
    const stranger = await hostile.customer('silent');
    const sent = (await (await upload(one.token, 'mine.txt', 'x', 'text/plain')).json()) as ChatAttachment;
    const noted = (await (
      await attach(contactId, 'internal.txt', 'x', 'text/plain')
    ).json()) as AttachmentView;
    const told = (await (await attach(contactId, 'answer.txt', 'x', 'text/plain')).json()) as AttachmentView;
    await hostile.anna.say(contactId, 'for us', { isNote: true, attachmentIds: [noted.attachmentId] });
    await hostile.anna.say(contactId, 'for you', { attachmentIds: [told.attachmentId] });
    const seen = async (token: string, id: string) => (await download(token, id)).status;
    expect(await seen(one.token, sent.attachmentId)).to.equal(200);
    expect(await seen(one.token, told.attachmentId)).to.equal(200);
    expect(await seen(one.token, noted.attachmentId), 'of a note').to.equal(404);
    for (const { attachmentId } of [sent, told, noted]) {
      expect(await seen(stranger.token, attachmentId)).to.equal(404);
      expect(await seen('A'.repeat(43), attachmentId)).to.equal(401);
    }
    for (const id of ['%00', 'a%00', '..%2f..', 'x'.repeat(500)])
      expect(await seen(one.token, id), id).to.equal(404);
    expect((await upload(stranger.token, 'a.txt', 'x', 'text/plain')).status, 'takes no files').to.equal(422);
    await hostile.anna.close(contactId);
  });

  it('for what is not in the agent’s hand are refused before any of it is sent', async () => {
    const { contactId } = await hostile.chatWith(hostile.anna);
    const { cookie = '', ...csrf } = hostile.boris.client.headers();
    const origin = hostile.house.stack.httpUrl;
    const refusedUnread = (id: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { cookie, ...csrf, origin, 'content-length': '1000000' };
        const req = request(`${origin}/api/desk/contacts/${id}/attachments?name=a`, {
          method: 'POST',
          headers,
        });
        req.on('response', (res) => {
          resolve(res.statusCode);
          req.destroy();
        });
        req.on('error', reject);
        req.setTimeout(10_000, () => req.destroy(new Error('it is waited for')));
        req.flushHeaders();
      });
    expect(await refusedUnread(contactId)).to.equal(404);
    expect(await refusedUnread('c_none')).to.equal(404);
    await hostile.anna.close(contactId);
  });

  it('too large are refused at once, and the memory stays what it was', async () => {
    const { one, contactId } = await hostile.chatWith(hostile.anna);
    const before = residentBytes(hostile.pid());
    const large = Buffer.alloc(50_000_000, 'x');
    const { cookie = '', ...csrf } = hostile.anna.client.headers();
    const now = `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`;
    const doors: [string, Record<string, string>][] = [
      [`${hostile.url}/chat/files?name=a`, { authorization: `Bearer ${one.token}` }],
      [`${hostile.url}/hooks/sms/messages`, { [signatureHeader]: now }],
      [
        `${hostile.house.stack.httpUrl}/api/desk/contacts/${contactId}/attachments?name=a`,
        { cookie, ...csrf, origin: hostile.house.stack.httpUrl },
      ],
    ];
    for (const [url, headers] of doors)
      for (const how of ['told', 'untold'] as const) {
        const startedAt = performance.now();
        expect(await statusOf(url, headers, large, how), `${url} ${how}`).to.equal(413);
        expect(performance.now() - startedAt, url).to.be.lessThan(5000);
      }
    const tooLong = await hostile.anna.client.call('POST', `/api/desk/contacts/${contactId}/messages`, {
      clientId: 'much-too-long',
      text: 'x'.repeat(1_000_000),
    });
    expect(tooLong.status).to.be.oneOf([400, 413]);
    await expectRefusedMail(large);
    expect(residentBytes(hostile.pid()) - before).to.be.lessThan(250_000_000);
    await hostile.anna.close(contactId);
  });

  const relay = () =>
    createTransport({ host: '127.0.0.1', port: hostile.mailPort, secure: false, ignoreTLS: true });
  async function expectRefusedMail(content: Buffer): Promise<void> {
    const transport = relay();
    const mail = {
      from: 'carla@example.org',
      to: 'help@bank.example',
      text: 'x',
      attachments: [{ filename: 'a', content }],
    };
    const refused = await transport.sendMail(mail).then(
      () => undefined,
      (error: { responseCode?: number }) => error.responseCode,
    );
    transport.close();
    expect(refused).to.equal(552);
  }

  it('by mail come with words that stay words, and packed as they were', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const transport = relay();
    await transport.sendMail({
      from: '"<b>Carla</b>\u0000" <carla@example.org>',
      to: 'help@bank.example',
      subject: '<script>alert(1)</script>\r\nBcc: all@example.org',
      html: `<p onclick="alert(1)">hello</p>${page}<iframe src="https://evil.example"></iframe><a href="javascript:alert(1)">x</a>`,
      attachments: [{ filename: 'bomb.gz', content: bomb }],
    });
    transport.close();
    const contactId = await hostile.anna.takeNext('mail');
    const { contact, messages } = await hostile.anna.thread(contactId);
    expect(contact.subject).to.equal('<script>alert(1)</script> Bcc: all@example.org');
    const [message] = messages;
    const html = await hostile.anna.client.raw('GET', `/api/desk/messages/${message!.messageId}/html`);
    const text = await html.text();
    expect(html.headers.get('content-security-policy'))
      .to.contain('sandbox')
      .and.not.contain('allow-scripts');
    expect(text)
      .to.contain('hello')
      .and.not.match(/<script|onclick|javascript:|<iframe/i);
    const file = await hostile.anna.client.raw(
      'GET',
      `/api/desk/attachments/${message!.attachments[0]!.attachmentId}`,
    );
    expectSaved(file);
    expect(Buffer.from(await file.arrayBuffer()).equals(bomb)).to.equal(true);
    await hostile.anna.close(contactId);
  });

  it('of a connector are cleaned or refused, and only it says what became of its answers', async () => {
    const from = { address: '+39\0\r\n1', name: 'A\0\ud800\r\nB' };
    const put = (id: string, more: object = {}) =>
      hostile.hook('other', 'messages', { id, from, text: 'x\0\ud800', ...more });
    for (const [id, more] of [
      ['a\0', {}],
      ['a\ud800', {}],
      ['a', { at: -1e15 }],
    ] as const)
      expect((await put(id, more)).status).to.equal(400);
    expect(
      (
        await put('fine', {
          files: [{ name: 'a', mime: 'text/plain', base64: Buffer.alloc(5_000_000).toString('base64') }],
        })
      ).status,
    ).to.equal(200);
    const contactId = await hostile.anna.takeNext('mail');
    const { contact, messages } = await hostile.anna.thread(contactId);
    expect(contact.customer).to.deep.equal({ address: '+39 1', name: 'A \uFFFD B' });
    expect(messages[0]!.text).to.equal('x\uFFFD\uFFFD');
    const deliveryOf = async (id: string) =>
      (await hostile.anna.thread(contactId)).messages.find(({ messageId }) => messageId === id)?.delivery;
    // The connector's own words must not stop the result from being written down: it would be sent again for ever.
    hookAnswer = JSON.stringify({ id: 'ext\0\ud8001' });
    const first = await hostile.anna.say(contactId, 'an answer\0');
    await until('it is sent', async () => (await deliveryOf(first.messageId)) === 'sent');
    hookAnswer = JSON.stringify({ id: 'ext-2' });
    const second = await hostile.anna.say(contactId, 'another');
    await until('it is sent', async () => (await deliveryOf(second.messageId)) === 'sent');
    expect(posted.map(({ text }) => text)).to.deep.equal(['an answer\uFFFD', 'another']);
    const news = { id: 'ext-2', state: 'failed', fault: 'no\0such\r\nnumber' };
    expect((await hostile.hook('sms', 'deliveries', news)).status).to.equal(404);
    expect(await deliveryOf(second.messageId), 'told by another connector').to.equal('sent');
    expect((await hostile.hook('other', 'deliveries', { ...news, id: 'never-seen' })).status).to.equal(404);
    expect((await hostile.hook('other', 'deliveries', news)).status).to.equal(204);
    expect(await deliveryOf(second.messageId)).to.equal('failed');
    expect(hostile.faults()).to.deep.equal([]);
  });
});

function residentBytes(pid: number | undefined): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) * 1024;
}

/** With its length told, or in pieces without it. The answer counts, though the sending be cut off after it. */
function statusOf(
  url: string,
  headers: Record<string, string>,
  content: Buffer,
  how: 'told' | 'untold',
): Promise<number> {
  return new Promise((resolve) => {
    const lengths =
      how === 'told' ? { 'content-length': String(content.length) } : { 'transfer-encoding': 'chunked' };
    const call = request(url, { method: 'POST', headers: { ...headers, ...lengths } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
      call.destroy();
    });
    call.on('error', () => resolve(0));
    call.end(content);
  });
}
