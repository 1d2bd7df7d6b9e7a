/** Hostile and broken mails of our own making; the corpus has those that were met. */
import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  maxDepth,
  maxHeaderBytes,
  maxMailBytes,
  maxNameChars,
  maxParts,
} from '../../../../../server/channels/mail/mail-bounds.ts';
import { sentAtOf } from '../../../../../server/channels/mail/mail-date.ts';
import { readMail, safeFileName } from '../../../../../server/channels/mail/read-mail.ts';
import { cpuMsOf } from '../../../../support/cpu-time.ts';
import { mailOf, mailText, ordinary } from './corpus.ts';

const encoded = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
const mixed = (boundary: string): string => `Content-Type: multipart/mixed; boundary="${boundary}"`;
const part = (boundary: string, fields: readonly string[], body: string): string =>
  [`--${boundary}`, ...fields, '', body, ''].join('\r\n');
const withFile = (fields: readonly string[], body: string): Promise<Awaited<ReturnType<typeof mailOf>>> =>
  mailOf(mailText([...ordinary, mixed('b')], part('b', [], 'text') + part('b', fields, body) + '--b--'));
/** As lines of a base64 body. */
const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\r\n');

describe('reading a mail', function () {
  this.timeout(30_000);

  it('lets no decoded name, subject or address begin a header of its own', async () => {
    const evil = 'x\r\nBcc: all@bank.example\u2028\u0000\u202e';
    const mail = await mailOf(
      mailText([
        `From: ${encoded(evil)} <anna@customer.example>`,
        `To: "a\r\n b" <help@bank.example>, "=?utf-8?Q?a=0D=0AX:_y?=" <b@bank.example>`,
        `Subject: ${encoded(evil)}`,
        'Reply-To: <a@b.example\u0001>, <x@y.example>',
        'Message-ID: <a\u0001b@c>',
        'In-Reply-To: <>',
        'References: < > <a b@c> <@> <ok@host>',
      ]),
    );
    expect(mail.subject).to.equal('x Bcc: all@bank.example \uFFFD'.replace(' \uFFFD', ''));
    expect(mail.from).to.deep.equal({ name: 'x Bcc: all@bank.example', address: 'anna@customer.example' });
    expect(mail.to.map(({ name }) => name)).to.deep.equal(['a b', 'a X: y']);
    expect(mail.replyTo.map(({ address }) => address)).to.not.include('a@b.example\u0001');
    expect([mail.messageId, mail.inReplyTo, mail.references]).to.deep.equal([undefined, [], ['ok@host']]);
  });

  it('flags a sender that is missing, no address, or several', async () => {
    const fault = async (...from: string[]) => {
      const mail = await mailOf(mailText([...from, 'To: help@bank.example']));
      return [mail.from?.address, mail.fromFault, mail.mayBeAnswered];
    };
    expect(await fault()).to.deep.equal([undefined, 'missing', false]);
    expect(await fault('From:')).to.deep.equal([undefined, 'missing', false]);
    for (const garbage of [
      'nobody at all',
      '<>',
      '@@@',
      '<a@>',
      'a@b..c',
      '"x" <evil@ho st>',
      'undisclosed:;',
    ])
      expect(await fault(`From: ${garbage}`), garbage).to.deep.equal([undefined, 'unparsable', false]);
    expect(await fault('From: a@b.example', 'From: c@d.example')).to.deep.equal([
      'a@b.example',
      'several',
      true,
    ]);
    expect(await fault('From: a@b.example, c@d.example')).to.deep.equal(['a@b.example', 'several', true]);
    expect(await fault('From: "c@d.example" <a@b.example>')).to.deep.equal(['a@b.example', undefined, true]);
  });

  it('keeps a file name a name', async () => {
    const name = async (value: string) => {
      const field = `Content-Disposition: attachment; filename="${value}"`;
      const mail = await withFile(['Content-Type: application/pdf', field], 'x');
      return mail.attachments[0]?.name;
    };
    expect(await name('../../etc/passwd')).to.equal('passwd');
    expect(await name('C:\\\\Windows\\\\system32\\\\evil.dll')).to.equal('evil.dll');
    expect(await name(encoded('a\u0000/../b\r\nc.txt'))).to.equal('b c.txt');
    expect(await name(encoded('invoice\u202Efdp.exe')), 'the ending is seen').to.equal('invoicefdp.exe');
    for (const empty of ['..', '.', '/', ' ', '']) expect(await name(empty), empty).to.equal('part-1.pdf');
    const long = await name(`${'x'.repeat(500)}.pdf`);
    expect(long)
      .to.match(/x\.pdf$/)
      .and.to.have.length(maxNameChars);
    const encodedName = "Content-Disposition: attachment; filename*=utf-8''..%2F..%2F%D1%82%00.txt";
    expect((await withFile([encodedName], 'x')).attachments[0]?.name).to.equal('т .txt');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const safe = safeFileName(text, 'f');
        // oxlint-disable-next-line no-control-regex -- these are what is looked for
        expect(safe).to.not.match(/[/\\\u0000-\u001f]|^\.|\p{Surrogate}/u);
        expect(safe.length).to.be.within(1, maxNameChars);
      }),
    );
  });

  it('keeps each byte of a file, however it was sent, and unpacks nothing', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    const packed = await withFile(
      ['Content-Type: application/gzip', 'Content-Transfer-Encoding: base64'],
      base64(bomb),
    );
    expect(packed.attachments[0]?.bytes).to.deep.equal(new Uint8Array(bomb));
    expect(packed.text.trim()).to.equal('text');

    const bytes = Buffer.concat([randomBytes(5000), Buffer.from('\r\n\n\r\0\r\n')]);
    const head = mailText(
      [...ordinary, mixed('b')],
      part('b', ['Content-Type: application/x', 'Content-Transfer-Encoding: binary'], ''),
    );
    const raw = Buffer.concat([
      Buffer.from(head.replace(/(\r\n)+$/, '\r\n\r\n')),
      bytes,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const [file] = (await mailOf(raw)).attachments;
    expect(Buffer.from(file?.bytes ?? [])).to.deep.equal(bytes);
    expect(file?.sha256).to.equal(createHash('sha256').update(bytes).digest('hex'));
  });

  it('decodes uuencoded files, in a part and in the text, and leaves broken ones as text', async () => {
    const uu = ['begin 644 ../cat.txt', '#0V%T', '`', 'end'].join('\r\n');
    const inPart = await withFile(['Content-Type: image/x', 'Content-Transfer-Encoding: x-uuencode'], uu);
    expect(Buffer.from(inPart.attachments[0]?.bytes ?? []).toString()).to.equal('Cat');
    const inText = await mailOf(mailText(ordinary, `before\r\n${uu}\r\nafter`));
    expect(inText.text.trim()).to.equal('before\nafter');
    expect(inText.attachments.map(({ name }) => name)).to.deep.equal(['cat.txt']);
    const broken = await mailOf(mailText(ordinary, 'begin 644 x\r\n#0V%Tlonger than it says\r\nend'));
    expect(broken.attachments).to.deep.equal([]);
    expect(broken.text).to.include('begin 644 x');
  });

  it('reads text in charsets that nobody declared', async () => {
    const text = async (fields: string[], body: Buffer) =>
      (await mailOf(Buffer.concat([Buffer.from(`${[...ordinary, ...fields].join('\r\n')}\r\n\r\n`), body])))
        .text;
    const cp1251 = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);
    expect(await text([], cp1251)).to.include('Привет');
    expect(await text(['Content-Type: text/plain; charset=us-ascii'], cp1251)).to.include('Привет');
    expect(await text(['Content-Type: text/plain; charset=us-ascii'], Buffer.from('Привет'))).to.include(
      'Привет',
    );
    expect(await text([], Buffer.from([0x63, 0x69, 0x74, 0x74, 0xe0]))).to.include('città');
    expect(await text(['Content-Type: text/plain; charset=utf-8'], cp1251)).to.include('\uFFFD');
    expect(
      await text(['Content-Type: text/plain; charset=no-such'], Buffer.from('caf\xe9', 'latin1')),
    ).to.include('café');
    const meta = Buffer.concat([Buffer.from('<meta charset="windows-1251"><p>'), cp1251]);
    expect(await text(['Content-Type: text/html'], meta)).to.include('Привет');
  });

  it('takes a Date for what RFC 5322 says, and for nothing else', () => {
    expect(sentAtOf('Fri, 21 Nov 1997 09:55:06 -0600')).to.equal(Date.UTC(1997, 10, 21, 15, 55, 6));
    expect(sentAtOf('21 Nov 97 09:55:06 GMT')).to.equal(Date.UTC(1997, 10, 21, 9, 55, 6));
    expect(sentAtOf('Fri, 21 Nov 1997 09(comment):55:06 -0600 (x)')).to.equal(undefined);
    expect(sentAtOf('Fri, 21 Nov 1997 09:55:06 EST (a comment)')).to.equal(Date.UTC(1997, 10, 21, 14, 55, 6));
    expect(sentAtOf('1 Jan 2026 00:00')).to.equal(Date.UTC(2026, 0, 1));
    for (const bad of [
      '',
      'garbage 1',
      '31 Feb 2020 10:00 +0000',
      '1 Jan 2026 25:00 +0000',
      '2026-01-01',
      '<HR>',
      '1'.repeat(5000),
    ])
      expect(sentAtOf(bad), bad.slice(0, 30)).to.equal(undefined);
  });

  it('keeps bounds: depth, parts, header, size, subject, addresses', async () => {
    const depth = 10_000;
    const nested = Array.from({ length: depth }, (_, i) => `${mixed(`b${i}`)}\r\n\r\n--b${i}\r\n`).join('');
    const deep = await mailOf(`${ordinary.join('\r\n')}\r\n${nested}\r\ndeep text\r\n`);
    expect(deep.faults).to.deep.equal(['too-deep']);
    expect(deep.attachments.map(({ name }) => name)).to.deep.equal(['too-deep.eml']);
    expect(Buffer.from(deep.attachments[0]?.bytes ?? []).toString(), 'nothing is lost').to.include(
      'deep text',
    );
    expect(deep.attachments[0]?.bytes.length).to.be.above(nested.length * (1 - maxDepth / depth) * 0.9);

    const many = await mailOf(mailText([...ordinary, mixed('b')], part('b', [], 'x').repeat(5000)));
    expect(many.faults).to.deep.equal(['too-many-parts']);
    expect(many.text.split('x')).to.have.length(maxParts);

    const long = await mailOf(
      mailText(
        [...ordinary, ...Array.from({ length: 20_000 }, (_, i) => `X-${i}: ${'y'.repeat(60)}`)],
        'body',
      ),
    );
    expect(long.faults).to.deep.equal(['header-too-big']);
    expect(long.text.trim()).to.equal('body');

    const subject = await mailOf(mailText([...ordinary.slice(0, 2), `Subject: ${'😀 '.repeat(330)}x`]));
    expect(subject.subject.length).to.be.within(985, 998);
    const megabyte = mailText([...ordinary.slice(0, 2), `Subject: ${'s'.repeat(1_000_000)}`, 'X: y']);
    expect(await cpuMsOf(() => readMail(Buffer.from(megabyte)))).to.be.below(5_000);
    expect((await mailOf(megabyte)).text.trim()).to.equal('Hello');

    const addresses = Array.from({ length: 3000 }, (_, i) => `a${i}@b.example`).join(',\r\n ');
    const crowd = await mailOf(mailText([...ordinary, `Cc: ${addresses}`]));
    expect(crowd.cc).to.have.length(500);
    expect(crowd.faults).to.deep.equal(['too-many-addresses']);

    const huge = Buffer.alloc(maxMailBytes + 1000, 'line of text\r\n');
    huge.write(mailText(ordinary));
    const cut = await mailOf(huge);
    expect(cut.faults).to.include('mail-too-big').and.include('text-cut');
    expect(maxHeaderBytes).to.be.below(maxMailBytes);
  });

  it('stays linear on headers and bodies made to hurt', async () => {
    const hurtful = [
      ...['"', '(', '<', 'a:', ',', '=?utf-8?Q?=', '=?x?B?', '\\', 'a@', '<a', ' ', ';'].map((unit) =>
        mailText([`From: ${unit.repeat(200_000 / unit.length)}`, `To: ${unit.repeat(40_000 / unit.length)}`]),
      ),
      mailText([...ordinary, `Content-Type: multipart/mixed; ${'x="'.repeat(50_000)}; boundary=b`]),
      mailText([
        ...ordinary,
        `Content-Type: text/plain; ${Array.from({ length: 20_000 }, (_, i) => `n*${i}=x;`).join('')}`,
      ]),
      mailText([...ordinary, `X${' '.repeat(200_000)}y: z`]),
      mailText([`From: a@b.example ${'('.repeat(200_000)}`]),
      mailText([...ordinary, mixed('b')], `--b${' '.repeat(900)}x\r\n`.repeat(5000)),
      mailText([...ordinary, `References: ${'<a@'.repeat(60_000)}`]),
      mailText(ordinary, 'begin 644 x\r\n#0V%T\r\n'.repeat(40_000)),
      mailText([...ordinary, mixed('b')], '--b-\r\n'.repeat(100_000)),
      mailText(ordinary, '\n'.repeat(500_000)),
      mailText([...ordinary, 'Content-Transfer-Encoding: x-none'], '\n'.repeat(500_000)),
    ];
    for (const [index, raw] of hurtful.entries())
      expect(await cpuMsOf(() => readMail(Buffer.from(raw))), `mail ${index}`).to.be.below(5_000);
  });

  it('never throws, whatever the bytes, and yields nothing that Postgres refuses', async () => {
    const words =
      '\r\n|\n|--b|--b--|Content-Type: |multipart/mixed; boundary=b|message/rfc822|text/html|From: |a@b|<|>|=?utf-8?B?|' +
      '?=|7aC9|=00|Content-Transfer-Encoding: |base64|"|\0|quoted-printable|Subject: |; charset=|utf-16le|iso-2022-jp|' +
      "\x1b$B|\xff|:| |begin 644 a|Content-Disposition: attachment; filename*0*=|utf-8''%00%ED%A0%80|<p>&#xD800;&#0;|end";
    const pieces = fc.constantFrom(...words.split('|'));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .array(pieces, { maxLength: 120 })
        .map((list) => new Uint8Array(Buffer.from(list.join(''), 'latin1'))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (raw) => {
        const mail = await readMail(raw);
        const strings = JSON.stringify(mail, (_, value: unknown) =>
          value instanceof Uint8Array ? undefined : value,
        );
        expect(strings).to.not.match(/\\u0000|\\ud[89a-f]/i);
      }),
      { numRuns: 600 },
    );
  });
});
