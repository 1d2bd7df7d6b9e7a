/** Every mail of the corpus: what its entry demands, by a table, and what holds for all of them. */
import { expect } from 'chai';
import { MailReader } from '../../../../../server/channels/mail/mail-reader.ts';
import type { ReadMail } from '../../../../../server/channels/mail/read-mail.ts';
import { attachments, automatic, htmls, replies, winmails } from './corpus-kinds.ts';
import { charsets, headers, structures, type Check } from './corpus-texts.ts';
import { corpusMails, hasCorpus, mailOf, rawMail } from './corpus.ts';

const checks: Record<string, Check> = {
  ...charsets,
  ...headers,
  ...structures,
  ...attachments,
  ...replies,
  ...automatic,
  ...htmls,
  ...winmails,
};

/** Each string anywhere in it. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return [];
  return Object.values(value).flatMap(stringsIn);
}

function expectStorable(mail: ReadMail): void {
  for (const text of stringsIn(mail)) {
    expect(text.includes('\0'), 'a NUL').to.equal(false);
    expect(/\p{Surrogate}/u.test(text), 'a lone surrogate').to.equal(false);
  }
  const { text: _text, html: _html, ...rest } = mail;
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  for (const line of stringsIn(rest)) expect(line).to.not.match(/[\u0000-\u001f\u007f]/);
}

/** Behind the header, beyond blanks and the lines of an empty multipart. */
function hasBody(raw: Buffer): boolean {
  const text = raw.toString('latin1');
  const start = text.search(/\r?\n\r?\n/);
  return start >= 0 && /\S/.test(text.slice(start));
}

describe('the corpus of awkward mails', function () {
  this.timeout(30_000);
  const mails = hasCorpus() ? corpusMails() : [];
  let reader: MailReader;

  before(function () {
    if (!hasCorpus()) {
      console.log('    skipped: no mails in ../shared/mail-corpus');
      this.skip();
    }
    reader = new MailReader();
  });
  after(() => reader?.close());

  it('has a check for each mail', () => {
    expect(Object.keys(checks).toSorted()).to.deep.equal(mails.map(({ file }) => file).toSorted());
  });

  for (const { file, must } of mails)
    it(`${file.replace(/\.eml$/, '')}: ${must.slice(0, 100)}`, async () => {
      const raw = rawMail(file);
      const reading = await reader.read(raw);
      if (!('mail' in reading)) throw new Error(`not read: ${JSON.stringify(reading)}`);
      const { mail } = reading;
      expectStorable(mail);
      const isShown = mail.text.trim() !== '' || mail.attachments.length > 0 || mail.html !== undefined;
      expect(isShown || mail.faults.length > 0 || !hasBody(raw), 'nothing is lost').to.equal(true);
      if (file.startsWith('auto-')) expect(mail.kind).to.not.equal('customer');
      await checks[file]?.(mail);
    });

  it('reads each the same without a thread', async () => {
    for (const { file } of mails.slice(0, 20)) {
      const reading = await reader.read(rawMail(file));
      expect('mail' in reading && reading.mail).to.deep.equal(await mailOf(rawMail(file)));
    }
  });
});
