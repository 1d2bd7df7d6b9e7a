/** What a mail is, and whether a machine may answer it; the corpus has what real systems write. */
import { expect } from 'chai';
import { loopHeader } from '../../../../../server/channels/mail/mail-kind.ts';
import { mailOf, mailText, ordinary } from './corpus.ts';

async function kind(fields: readonly string[], body?: string): Promise<string> {
  const mail = await mailOf(mailText([...ordinary, ...fields], body));
  return `${mail.kind} ${mail.noAnswerReason ?? 'may'}`;
}
const subject = (text: string): Promise<string> =>
  mailOf(mailText([...ordinary.slice(0, 2), `Subject: ${text}`])).then(({ kind: found }) => found);

function report(fields: readonly string[], original = 'Message-ID: <out-1@bank.example>'): string {
  const parts = [
    ['', 'It did not work.'],
    ['Content-Type: message/delivery-status', ['Reporting-MTA: dns; x', '', ...fields].join('\r\n')],
    ['Content-Type: text/rfc822-headers', original],
  ];
  return mailText(
    [
      'From: mailer-daemon@x.example',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    ],
    `${parts.map(([field, text]) => `--b\r\n${field}\r\n\r\n${text}\r\n`).join('')}--b--`,
  );
}

describe('what a mail is', () => {
  it('is a customer’s unless it says otherwise', async () => {
    expect(await kind([])).to.equal('customer may');
    expect(await kind(['Auto-Submitted: no'])).to.equal('customer may');
    expect(await kind(['X-Auto-Response-Suppress: None'])).to.equal('customer may');
    expect(await kind(['X-Autoreply: no'])).to.equal('customer may');
    expect(await kind(['Return-Path: <anna@customer.example>'])).to.equal('customer may');
  });

  it('is automatic by its fields, and then never answered', async () => {
    for (const field of [
      'Auto-Submitted: auto-replied',
      'Auto-Submitted: auto-generated (rejected)',
      'Auto-Submitted: auto-replied; owner-email=x@y.example',
      'X-Autoreply: yes',
      'X-Autorespond: away',
      'Precedence: auto_reply',
      'X-Apple-Action: VACATION',
      'Return-Path: <>',
    ])
      expect(await kind([field]), field).to.equal('auto-reply automatic');
    for (const field of [
      'List-Id: <news.example>',
      'List-Unsubscribe: <mailto:x@y.example>',
      'Precedence: bulk',
    ])
      expect(await kind([field]), field).to.equal('list automatic');
    expect(await kind(['X-Auto-Response-Suppress: OOF, AutoReply'])).to.equal('customer suppressed');
    expect(await kind(['X-Auto-Response-Suppress: DR, RN'])).to.equal('customer may');
  });

  it('is an auto-reply by the subjects of vacation programs, with their colon', async () => {
    for (const text of [
      'Automatic reply: your question',
      'Auto reply: x',
      'Out of Office: x',
      'Risposta automatica: x',
      'Автоответ: x',
      'Automatische Antwort: x',
    ])
      expect(await subject(text), text).to.equal('auto-reply');
    for (const text of [
      'Out of office hours?',
      'Automatic reply settings',
      'Vacation',
      'Автоответчик не работает',
    ])
      expect(await subject(text), text).to.equal('customer');
  });

  it('is never answered when it comes back, has come far, or names nobody', async () => {
    expect(await kind([`${loopHeader}: 1`])).to.equal('customer own-loop');
    expect(await kind([`${loopHeader.toUpperCase()}: 1`, 'Auto-Submitted: auto-replied'])).to.equal(
      'auto-reply own-loop',
    );
    const received = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => `Received: from h${i}`);
    expect(await kind(received(50))).to.equal('customer may');
    expect(await kind(received(51))).to.equal('customer too-many-hops');
    for (const address of [
      'no-reply',
      'noreply',
      'do_not_reply',
      'MAILER-DAEMON',
      'postmaster',
      'bounces+x=y.example',
      'shop-noreply',
    ]) {
      expect(await kind([`Reply-To: ${address}@x.example`]), address).to.equal('customer no-reply-address');
      const mail = await mailOf(mailText([`From: ${address}@x.example`, 'Subject: x']));
      expect(mail.noAnswerReason, address).to.equal('no-reply-address');
    }
    for (const address of ['replay', 'norbert', 'postmasters', 'reply'])
      expect(await kind([`Reply-To: ${address}@x.example`]), address).to.equal('customer may');
  });

  it('is a failure by a permanent status, not by a delay', async () => {
    const bounce = async (...fields: string[]) => (await mailOf(report(fields))).bounce;
    expect(
      await bounce('Final-Recipient: rfc822; a@b.example', 'Action: failed', 'Status: 5.1.1'),
    ).to.deep.equal({
      isFailure: true,
      status: '5.1.1',
      recipients: [{ address: 'a@b.example', action: 'failed', status: '5.1.1' }],
    });
    expect(
      await bounce('Final-Recipient: rfc822; a@b.example', 'Action: delayed', 'Status: 4.4.1'),
    ).to.include({
      isFailure: false,
      status: '4.4.1',
    });
    expect(await bounce('Final-Recipient: rfc822; a@b.example', 'Action: failed')).to.include({
      isFailure: true,
    });
    expect(
      await bounce('Final-Recipient: rfc822; a@b.example', 'Action: relayed', 'Status: 2.0.0'),
    ).to.include({
      isFailure: false,
    });
    const mixed = await bounce(
      'Original-Recipient: rfc822;a@b.example',
      'Status: 4.0.0',
      '',
      'Final-Recipient: c@d.example',
      'Status: 5.2.2',
    );
    expect(mixed).to.include({ isFailure: true, status: '5.2.2' });
    expect(mixed?.recipients.map(({ address }) => address)).to.deep.equal(['a@b.example', 'c@d.example']);
    expect((await mailOf(report([], 'Message-ID:\r\n <folded@bank.example>'))).originalMessageId).to.equal(
      'folded@bank.example',
    );
  });

  it('is no bounce because a customer quotes one', async () => {
    const quoted = 'I got this:\r\n> Hi. This is the qmail-send program at x.\r\n<a@b.example>:\r\n(#5.1.1)';
    expect(await kind([], quoted)).to.equal('customer may');
    expect(
      await kind([], 'Delivery to the following recipient failed permanently:\r\n a@b.example'),
    ).to.equal('customer may');
  });

  it('is a delay when a daemon warns only', async () => {
    const mail = await mailOf(
      mailText(
        ['From: mailer-daemon@x.example', 'Subject: Warning: could not send message for past 4 hours'],
        'still trying',
      ),
    );
    expect([mail.kind, mail.bounce?.isFailure]).to.deep.equal(['bounce', false]);
  });
});
