/** What goes out for an answer, read again by our own reader as the customer's program would. */
import { expect } from 'chai';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { OutgoingMessage } from '../../../server/app/text/channel.ts';
import {
  composeMail,
  type ComposedMail,
  type ComposeParts,
} from '../../../server/channels/mail/mail-compose.ts';
import { readToken, tokensInAddress, tokensInSubject } from '../../../server/channels/mail/mail-token.ts';
import { readMail, type ReadMail } from '../../../server/channels/mail/read-mail.ts';
import { siteWith, tokenKey } from './mail-setup.ts';

const threadId = 't_01JD0000000000000000000000';
const file = { attachmentId: 'f_1', name: 'price list.pdf', mime: 'application/pdf', bytes: 3, sha256: 'aa' };

const outgoing = (more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  messageId: 'm_01JD1111111111111111111111',
  threadId,
  channelId: 'mail',
  endpointId: 'help',
  to: { address: 'anna@customer.example', name: 'Anna Rossi' },
  agentName: 'Marta',
  language: 'it',
  subject: 'La mia carta',
  text: 'Buongiorno,\necco la risposta.',
  files: [],
  references: ['ours-1@bank.example', 'theirs-1@customer.example'],
  answers: {
    externalId: 'theirs-2@customer.example',
    at: Date.UTC(2026, 4, 4, 10, 0),
    from: { address: 'anna@customer.example', name: 'Anna Rossi' },
    text: 'Dove è la mia carta?\n> prima',
    html: '<p onclick="x()">Dove <b>è</b> la mia carta?<img src="cid:logo"><script>evil()</script></p>',
    extra: { references: ['theirs-0@customer.example', 'theirs-1@customer.example'] },
  },
  ...more,
});

describe('composing an answer', () => {
  const site = siteWith({
    mailboxes: [
      {
        id: 'help',
        name: 'Help desk',
        address: 'help@bank.example',
        queue: 'main',
        senderName: 'Banca Esempio',
        signature: { it: 'Banca Esempio\nAssistenza', en: 'Example Bank' },
      },
    ],
    listener: { port: 2525, allow: ['127.0.0.1'] },
  });
  const [mailbox] = site.mail!.mailboxes;
  const parts = (more: Partial<ComposeParts> = {}): ComposeParts => ({
    mailbox: mailbox!,
    tokenKey,
    timeZone: 'Europe/Rome',
    maxBytes: 1_000_000,
    now: () => Date.UTC(2026, 4, 4, 12, 0),
    readFile: () => Promise.resolve(Buffer.from('pdf')),
    ...more,
  });
  const compose = async (message: OutgoingMessage, more?: Partial<ComposeParts>): Promise<ComposedMail> => {
    const composed = await composeMail(message, parts(more));
    if ('fault' in composed) throw new Error(composed.fault);
    return composed.mail;
  };
  const rawOf = async (mail: ComposedMail): Promise<Buffer> => new MailComposer(mail).compile().build();
  const sent = async (message: OutgoingMessage, more?: Partial<ComposeParts>): Promise<ReadMail> => {
    const mail = await readMail(await rawOf(await compose(message, more)));
    if ('isUnreadable' in mail) throw new Error(mail.reason);
    return mail;
  };
  const headerOf = (raw: Buffer): string => raw.toString('latin1').split('\r\n\r\n')[0]!;

  it('answers in the thread: ids, token in address and subject, sender, quotation', async () => {
    const mail = await sent(outgoing());
    expect(mail.messageId).to.equal('m_01JD1111111111111111111111@bank.example');
    expect(mail.inReplyTo).to.deep.equal(['theirs-2@customer.example']);
    expect(mail.references).to.deep.equal([
      'theirs-0@customer.example',
      'theirs-1@customer.example',
      'ours-1@bank.example',
      'theirs-2@customer.example',
    ]);
    expect(mail.from).to.deep.equal({ name: 'Banca Esempio', address: 'help@bank.example' });
    expect(mail.to).to.deep.equal([{ name: 'Anna Rossi', address: 'anna@customer.example' }]);
    const [replyTo] = mail.replyTo;
    const byAddress = tokensInAddress(replyTo!.address).map((token) => readToken(token, [tokenKey]));
    const bySubject = tokensInSubject(mail.subject).map((token) => readToken(token, [tokenKey]));
    expect([byAddress, bySubject]).to.deep.equal([[threadId], [threadId]]);
    expect(mail.subject).to.match(/^Re: La mia carta \[#HL-/);
    expect(mail.text).to.match(
      /^Buongiorno,\necco la risposta\.\n\n-- \nMarta\nBanca Esempio\nAssistenza\n\nIl 4 maggio 2026/,
    );
    expect(mail.text).to.contain('> Dove è la mia carta?\n>> prima');
    expect(mail.html).to.contain('Dove <b>è</b> la mia carta?').and.contain('<blockquote');
    expect(mail.html).to.not.match(/script|onclick|<img|cid:/);
    expect(mail.kind).to.equal('customer');
  });

  it('bears the same id when it is repeated, and an id of ours whatever it is given', async () => {
    const [first, second] = [await compose(outgoing()), await compose(outgoing())];
    expect(second.messageId).to.equal(first.messageId);
    const odd = await compose(outgoing({ messageId: 'x>\r\nBcc: a@b' }));
    expect(odd.messageId).to.match(/^<[0-9a-f]{64}@bank\.example>$/);
  });

  it('leaves the address as it is where the mail system knows no plus', async () => {
    const mail = await sent(outgoing(), { mailbox: { ...mailbox!, plusAddressing: false } });
    expect(mail.replyTo).to.deep.equal([{ name: '', address: 'help@bank.example' }]);
    expect(tokensInSubject(mail.subject)).to.have.length(1);
  });

  it('says what a machine wrote, and lets no machine answer what asks for none', async () => {
    const raw = await rawOf(await compose(outgoing({ agentName: undefined } as never)));
    expect(headerOf(raw))
      .to.match(/^Auto-Submitted: auto-replied$/m)
      .and.match(/^X-Hearthline-Loop: 1$/m);
    expect(headerOf(await rawOf(await compose(outgoing())))).to.not.match(/Auto-Submitted|Hearthline-Loop/);
    const { agentName: _, ...machine } = outgoing();
    const suppressed = {
      ...machine,
      answers: { ...machine.answers!, extra: { noMachineAnswer: 'suppressed' } },
    };
    expect(await composeMail(suppressed, parts())).to.deep.equal({
      fault: 'no automatic answer may go to this mail (suppressed)',
    });
    expect(await composeMail({ ...suppressed, agentName: 'Marta' }, parts())).to.have.property('mail');
  });

  it('keeps one Re: and one mark, however often they went to and fro', async () => {
    const mail = await compose(outgoing({ subject: 'AW: Karte [#HL-t-000] [#HL-t-111]' }));
    expect(mail.subject.match(/\[#HL-/g)).to.have.length(1);
    expect(mail.subject).to.match(/^AW: Karte \[#HL-t-/);
    const { answers: _, ...first } = outgoing();
    expect((await compose(first)).subject).to.match(/^La mia carta \[/);
  });

  it('carries files with their names, and refuses what is refused or too large', async () => {
    const names = ['price list.pdf', 'Прейскурант 2026.pdf', '../../etc/passwd', 'a"\r\nX-Evil: 1.pdf'];
    const files = names.map((name) => ({ ...file, name }));
    const inline = { ...file, name: 'logo.png', mime: 'image/png', contentId: 'logo@bank', isInline: true };
    const mail = await sent(
      outgoing({ files: [...files, inline, { ...file, name: 'm.eml', mime: 'message/rfc822' }] }),
    );
    expect(mail.attachments.map(({ name, mime }) => `${name} ${mime}`).toSorted()).to.deep.equal([
      '_.._etc_passwd application/pdf',
      'a_ X-Evil_ 1.pdf application/pdf',
      'logo.png image/png',
      'm.eml application/octet-stream',
      'price list.pdf application/pdf',
      'Прейскурант 2026.pdf application/pdf',
    ]);
    expect(mail.attachments.find(({ name }) => name === 'logo.png')).to.include({
      isInline: true,
      contentId: 'logo@bank',
    });
    const refused = await composeMail(outgoing({ files: [{ ...file, refused: 'virus' }] }), parts());
    expect(refused).to.deep.equal({ fault: 'a file was refused by the rules for files' });
    const large = await composeMail(outgoing({ files: [{ ...file, bytes: 900_000 }] }), parts());
    expect(large).to.deep.equal({ fault: 'the files are larger than a mail may be' });
  });

  it('lets nobody write a header: not by name, subject, address, id, file or signature', async () => {
    const evil = 'x\r\nBcc: victim@elsewhere.example\r\n\r\nbody\u2028\0\u202etxt.exe';
    const message = outgoing({
      to: { address: 'anna@customer.example', name: evil },
      subject: evil,
      agentName: evil,
      text: `${evil}\r\n.\r\nMAIL FROM:<a@b>`,
      references: [evil, 'a@b>\r\nBcc: c@d', 'fine@customer.example'],
      files: [{ ...file, name: evil, mime: 'text/plain\r\nX-Evil: 1', contentId: evil, isInline: true }],
    });
    const raw = await rawOf(
      await compose(
        {
          ...message,
          answers: { ...message.answers!, externalId: evil, extra: { references: [evil], subject: evil } },
        },
        { mailbox: { ...mailbox!, senderName: evil, signature: { it: evil } } },
      ),
    );
    const header = headerOf(raw);
    const names = header
      .split('\r\n')
      .filter((line) => !/^\s/.test(line))
      .map((line) => line.split(':')[0]);
    const allowed = 'Content-Type Date From MIME-Version Message-ID References Reply-To Subject To';
    expect(names).to.have.members(allowed.split(' '));
    // In the headers of the parts as little.
    expect(raw.toString('latin1')).to.not.match(/^X-Evil:/m);
    const mail = await readMail(raw);
    if ('isUnreadable' in mail) throw new Error(mail.reason);
    expect(mail.to.map(({ address }) => address)).to.deep.equal(['anna@customer.example']);
    expect(mail.cc).to.deep.equal([]);
    expect(mail.references).to.deep.equal(['fine@customer.example']);
    expect(mail.inReplyTo).to.deep.equal([]);
  });

  it('writes to nothing that is no address, or more than one', async () => {
    const addresses = [
      'anna',
      'a@b@c',
      'anna@customer.example, bob@customer.example',
      'anna@customer.example\r\nBcc: x@y',
      '<anna@customer.example>',
      '"a b"@customer.example',
      'anna@-customer.example',
      'anna@[127.0.0.1]',
      '',
      '@customer.example',
    ];
    for (const address of addresses)
      expect(await composeMail(outgoing({ to: { address } }), parts()), address).to.have.property('fault');
    const abroad = await compose(outgoing({ to: { address: 'анна@почта.example' } }));
    expect(abroad.envelope.to).to.deep.equal(['анна@xn--80a1acny.example']);
  });

  it('bounds references and what is quoted', async () => {
    const references = Array.from({ length: 200 }, (_, n) => `r${n}@customer.example`);
    const mail = await compose(outgoing({ references }));
    expect(mail.references).to.have.length(30);
    expect(mail.references!.at(-1)).to.equal('<theirs-2@customer.example>');
    const html = `<p>${'long '.repeat(100_000)}</p>`;
    const long = await compose(outgoing({ answers: { ...outgoing().answers!, html } }));
    expect(long.html).to.contain('Dove è la mia carta?').and.not.contain('long long');
  });
});
