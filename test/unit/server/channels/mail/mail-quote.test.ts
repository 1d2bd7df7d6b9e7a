/** What the writer wrote and what is quoted, and the bodies of an answer. */
import { expect } from 'chai';
import fc from 'fast-check';
import { quoteReply, splitQuoted } from '../../../../../server/channels/mail/mail-quote.ts';
import { cpuMsOf } from '../../../../support/cpu-time.ts';

const own = 'Thank you.\n\nAnna';
const heads: Record<string, string> = {
  gmail: 'On Mon, 5 Jan 2026 at 10:11, Help Desk <help@bank.example> wrote:\n> Dear Anna',
  'gmail, folded':
    'On Mon, 5 Jan 2026 at 10:11, Help Desk of the Bank\n<help@bank.example> wrote:\n\n> Dear Anna',
  apple: 'On 5 Jan 2026, at 10:11, Help <help@bank.example> wrote:\n\nDear Anna',
  'gmail, Russian': 'пн, 5 янв. 2026 г. в 10:11, Help <help@bank.example>:\n\n> Уважаемая Анна',
  'Russian client': '05.01.2026 10:11, Help Desk пишет:\n> Уважаемая Анна',
  Italian: 'Il giorno lun 5 gen 2026 alle ore 10:11 Help <help@bank.example> ha\nscritto:\n\n> Gentile Anna',
  German: 'Am 05.01.2026 um 10:11 schrieb Help Desk:\n> Liebe Anna',
  'German, Apple': 'Am 05.01.2026 um 10:11 schrieb Help <help@bank.example>:\n\nLiebe Anna',
  'original message': '-----Original Message-----\nFrom: Help\nSent: Monday\n\nDear Anna',
  'Russian original': '-----Исходное сообщение-----\nОт: Help\nКому: Анна\n\nУважаемая Анна',
  'Italian original': '-----Messaggio originale-----\nDa: Help\nA: Anna\n\nGentile Anna',
  'German original': '-----Ursprüngliche Nachricht-----\nVon: Help\nAn: Anna\n\nLiebe Anna',
  outlook:
    '________________________________\nFrom: Help <help@bank.example>\nSent: Monday, 5 January 2026 10:11\nTo: Anna\nSubject: RE: Question\n\nDear Anna',
  'outlook without a ruler':
    'From: Help <help@bank.example>\nSent: Monday, 5 January 2026 10:11\nTo: Anna\nSubject: RE: x\n\nDear Anna',
  'outlook, Russian':
    'От: Help <help@bank.example>\nОтправлено: 5 января 2026 г. 10:11\nКому: Анна\nТема: RE: x\n\nУважаемая',
  'outlook, Italian':
    'Da: Help <help@bank.example>\nInviato: lunedì 5 gennaio 2026\nA: Anna\nOggetto: RE: x\n\nGentile',
  'outlook, German':
    'Von: Help <help@bank.example>\nGesendet: Montag, 5. Januar 2026\nAn: Anna\nBetreff: AW: x\n\nLiebe',
  'marks only': '> Dear Anna,\n>> older\n>\n> yours',
};

describe('splitting off what is quoted', () => {
  for (const [client, quoted] of Object.entries(heads))
    it(`as ${client} writes it`, () => {
      expect(splitQuoted(`${own}\n\n${quoted}\n`)).to.deep.equal({ own, quoted });
      expect(splitQuoted(`${own}\n\n${quoted}\n`.replaceAll('\n', '\r\n')).own).to.equal(own);
    });

  it('leaves answers between quoted lines, and what only looks like a quotation', () => {
    for (const text of [
      '> Is it urgent?\nYes.\n\n> When?\nToday.',
      'The letter came from: my bank. Then I wrote:\nnothing.',
      'From: 5 pm\nto the evening I am at home.',
      'On the whole I am content.',
      'I said a > b.',
      'My lawyer wrote:\nno.',
      'Mein Anwalt schrieb:\nnein.',
      'Мой юрист пишет:\nнет.',
      '-- \nAnna',
    ])
      expect(splitQuoted(text), text).to.deep.equal({ own: text, quoted: '' });
  });

  it('keeps a signature above the quotation with the writer, and one below it with the quotation', () => {
    expect(splitQuoted('Yes.\n-- \nAnna\n\n> Is it?').own).to.equal('Yes.\n-- \nAnna');
    expect(splitQuoted('Yes.\n\n> Is it?\n\n-- \nAnna\nRome').own).to.equal('Yes.');
  });

  it('takes a mail that is nothing but quotation for its writer’s own', () => {
    expect(splitQuoted('> all of it\n> is quoted')).to.deep.equal({
      own: '> all of it\n> is quoted',
      quoted: '',
    });
    expect(splitQuoted('')).to.deep.equal({ own: '', quoted: '' });
  });

  it('loses no line, and takes no time', async () => {
    const line = fc.constantFrom(
      'text',
      '',
      '> quoted',
      '>> more',
      '-- ',
      'On x, y wrote:',
      'From: a',
      'To: b',
      'Subject: c',
      '_____',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const { own: written, quoted } = splitQuoted(lines.join('\n'));
        const all = (text: string): string[] => text.split('\n').filter((one) => one.trim() !== '');
        expect([...all(written), ...all(quoted)].map((one) => one.trim())).to.deep.equal(
          lines.filter((one) => one.trim() !== '').map((one) => one.trim()),
        );
      }),
    );
    const spentMs = await cpuMsOf(() => {
      for (const unit of [
        `On 1 ${'<a@'.repeat(120)}:\n`,
        `On 1 ${' '.repeat(380)}:\n`,
        '>\n',
        'On x\n',
        'From: x\n',
        '-',
        '-- \n',
        '\n',
        'am schrieb ',
      ])
        splitQuoted(unit.repeat(Math.ceil(1_000_000 / unit.length)));
    });
    expect(spentMs).to.be.below(5_000);
  });
});

describe('the bodies of an answer', () => {
  const original = {
    text: 'First line\n> older\n\nlast < & line\n',
    from: { name: 'Anna "A" \r\nBcc: x', address: 'anna@customer.example' },
    sentAt: Date.UTC(2026, 0, 5, 9, 11),
  };

  it('quote the original with its depth, below the answer', () => {
    const { text, html } = quoteReply(original, 'Yes, it is.\r\n\r\nYours', { timeZone: 'Europe/Rome' });
    expect(text).to.equal(
      'Yes, it is.\n\nYours\n\nOn 5 January 2026 at 10:11, Anna "A" Bcc: x <anna@customer.example> wrote:\n' +
        '> First line\n>> older\n>\n> last < & line\n',
    );
    expect(html).to.include('<div>Yes, it is.<br>\n<br>\nYours</div>');
    expect(html).to.include('<blockquote type="cite"').and.include('last &lt; &amp; line');
    expect(html).to.include('&lt;anna@customer.example&gt; wrote:');
    expect(splitQuoted(text).own).to.equal('Yes, it is.\n\nYours');
  });

  for (const language of ['en', 'ru', 'it', 'de'] as const)
    it(`are split again when they come back (${language})`, () => {
      const { text } = quoteReply({ ...original, from: { name: 'Anna', address: 'a@b.example' } }, 'Answer', {
        language,
      });
      expect(splitQuoted(text).own).to.equal('Answer');
      expect(splitQuoted(text.replace(/^>+ ?/gm, '')).own, 'without marks').to.equal('Answer');
    });

  it('carry the HTML when there is one, and are bounded', () => {
    const html = '<p>the <b>original</b></p>';
    const bodies = quoteReply({ text: '', html }, '<script>');
    expect(bodies.html).to.include(html).and.include('<div>&lt;script&gt;</div>');
    expect(bodies.text).to.include('> the original');
    expect(quoteReply({ text: 'x'.repeat(1_000_000) }, 'y').text.length).to.be.below(210_000);
  });
});
