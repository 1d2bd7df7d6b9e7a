/** What must come of the mails with odd charsets, headers and structures: a check for each, by its file. */
import { expect } from 'chai';
import { safeHtml } from '../../../../../server/channels/mail/mail-html.ts';
import { threadKeys } from '../../../../../server/channels/mail/mail-threading.ts';
import type { ReadMail } from '../../../../../server/channels/mail/read-mail.ts';
import { mailOf } from './corpus.ts';

export type Check = (mail: ReadMail) => void | Promise<void>;

const says =
  (text: string, subject?: string): ((mail: ReadMail) => void) =>
  (mail) => {
    expect(mail.text).to.include(text);
    if (subject !== undefined) expect(mail.subject).to.equal(subject);
  };
export const names = (mail: ReadMail): string[] => mail.attachments.map(({ name }) => name);
export const sizes = (mail: ReadMail): number[] => mail.attachments.map(({ bytes }) => bytes.length);
export const shownHtml = (mail: ReadMail): string =>
  safeHtml(mail.html ?? '', { urlOfContentId: new Map() }).html;

export const charsets: Record<string, Check> = {
  'charset-mikel-japanese_iso_2022.eml': (mail) => {
    says('すみません。', 'まみむめも')(mail);
    expect(mail.to).to.deep.equal([{ name: 'みける', address: 'raasdnil@gmail.com' }]);
  },
  'charset-mikel-japanese_shift_jis.eml': says('このメールはテスト用のメールです。'),
  'charset-mikel-ks_c_5601-1987.eml': says('스티해'),
  'charset-mikel-japanese_attachment_long_name.eml': (mail) => {
    expect(names(mail)).to.deep.equal([`${'かきくけこ'.repeat(5)}.txt`]);
    expect(mail.subject).to.equal('まみむめも'.repeat(10));
  },
  'charset-redmine-invalid_utf8.eml': says('Здравствуйте\uFFFD'),
  'charset-redmine-body_ks_c_5601-1987.eml': says('고맙습니다.'),
  'charset-redmine-gmail-iso8859-2.eml': says('Na štriku se suši šosić.', 'Nikad više'),
  'charset-redmine-subject_japanese_3.eml': says('CIRCLED DIGIT ONE', '① 丸数字テスト'),
  'charset-redmine-fullname_of_sender_as_utf8_encoded.eml': (mail) => {
    expect(mail.from).to.deep.equal({ name: 'Ää Öö', address: 'foo@example.org' });
  },
  'charset-bestpractical-new-ticket-from-gb18030.eml': says('测试', '测试'),
  'charset-bestpractical-russian-subject-no-content-type.eml': says('ТЕСТ', 'тест тест'),
  'charset-bestpractical-multipart-alternative-with-umlaut.eml': (mail) => {
    says('Mit freundlichen Grüßen')(mail);
    expect(shownHtml(mail)).to.include('freundlichen Grüßen');
  },
  'charset-mailgun-from-encoding.eml': (mail) => {
    expect(mail.from).to.deep.equal({ name: 'Ingo Lütkebohle', address: 'ingo@blank.pages.de' });
  },
  'charset-mailgun-8bitmime.eml': says('Превел'),
  'charset-mikel-encoding_madness.eml': (mail) => {
    says('Body Text')(mail);
    expect(mail.replyTo, 'an empty address is none').to.deep.equal([]);
  },
  'charset-mikel-must_supply_encoding.eml': (mail) => {
    expect(mail.subject).to.equal('Impress your clients with a business phone\uFFFD\uFFFD\uFFFD');
    expect(mail.from?.address).to.equal('info@here2there-travelers-msgs.net');
  },
  'charset-mikel-utf8_headers.eml': (mail) => {
    says('body', 'Säying Hello')(mail);
    expect(mail.from).to.deep.equal({ name: 'Jöhn Doe', address: 'jdöe@mächine.example' });
  },
  'charset-nodemailer-decoderended.eml': (mail) => {
    says('forwarded message attached')(mail);
    expect(mail.html).to.include('html sectionÜ');
  },
};

const isEmpty = (mail: ReadMail): void => {
  expect(mail.text.trim()).to.equal('');
  expect(mail.attachments).to.deep.equal([]);
};

export const headers: Record<string, Check> = {
  'headers-mikel-bad_date_header.eml': (mail) => {
    expect(mail.sentAt, 'the time of arrival counts').to.equal(undefined);
    expect(mail.faults).to.include('date-unreadable');
    expect(mail.inReplyTo, 'an address is no message id').to.deep.equal([]);
  },
  'headers-mikel-bad_subject.eml': says('survey', 'MySurvey.com: You have a survey waiting! 91123105'),
  // This one can be read after all; what cannot is in the tests of our own mails.
  'headers-mikel-cant_parse_from.eml': (mail) => {
    says('MacBook Pro')(mail);
    expect(mail.from).to.deep.equal({ name: 'Apple', address: 'News@InsideApple.Apple.com' });
  },
  'headers-mikel-empty_in_reply_to.eml': (mail) => {
    expect(mail.inReplyTo).to.deep.equal([]);
    expect(threadKeys(mail, [])).to.deep.equal([]);
  },
  'headers-mikel-multiple_references_with_one_invalid.eml': (mail) => {
    expect(mail.references).to.deep.equal(['foo@bar.net', 'baz@bar.net']);
    expect(mail.faults).to.include('reference-skipped');
    expect(threadKeys(mail, []).map((key) => key.by === 'message-id' && key.messageId)).to.deep.equal([
      'baz@bar.net',
      'foo@bar.net',
    ]);
  },
  'headers-mikel-header_fields_with_empty_values.eml': (mail) => {
    expect(mail.from?.name).to.equal('Jørn Støylen');
    expect([mail.cc, mail.inReplyTo, mail.references]).to.deep.equal([[], [], []]);
  },
  'headers-mikel-new_line_in_to_header.eml': (mail) => {
    expect(mail.to).to.have.length(6);
    expect(mail.to.at(-1)).to.deep.equal({ name: '', address: 'cc@c-l-example.com' });
  },
  'headers-mikel-weird_to_header.eml': (mail) => {
    expect(mail.to.map(({ address }) => address)).to.deep.equal([
      'user-example@aol.com',
      'e-s-a-s-2200@app.ar.com',
    ]);
    expect(mail.subject).to.equal('');
  },
  'headers-mikel-empty_group_lists.eml': (mail) => {
    expect(mail.to).to.deep.equal([]);
    says('Attention Beneficiary')(mail);
  },
  // It has one From only, in spite of its name; two are in the tests of our own mails.
  'headers-mikel-two_from_in_message.eml': (mail) => {
    expect(mail.from?.address).to.equal('tester1@test.com');
  },
  'headers-mikel-raw_email_multiple_from.eml': (mail) => {
    expect(mail.from?.address).to.equal('tim@powerupdev.com');
    expect(mail.fromFault).to.equal('several');
  },
  'headers-redmine-no_subject_header.eml': (mail) => {
    expect(mail.subject).to.equal('');
    expect(names(mail)).to.deep.equal(['winmail.dat']);
  },
  'headers-redmine-ticket_without_from_header.eml': (mail) => {
    expect(mail.from).to.equal(undefined);
    expect(mail.fromFault).to.equal('missing');
    expect([mail.mayBeAnswered, mail.noAnswerReason]).to.deep.equal([false, 'no-sender']);
    says('Lorem ipsum')(mail);
  },
  'headers-redmine-ticket_with_long_subject.eml': (mail) => {
    expect(mail.subject).to.match(/^New ticket on a given project with a very long/);
    expect(mail.subject.length).to.be.within(255, 998);
  },
  'headers-bestpractical-very-long-subject.eml': (mail) => {
    expect(mail.subject).to.match(/^0123456789/);
    expect(mail.subject.length).to.be.within(200, 998);
  },
  'headers-bestpractical-rfc2231-attachment-filename-continuations.eml': (mail) => {
    expect(names(mail)).to.deep.equal(['新しいテキスト ドキュメント.txt']);
    expect(mail.text.trim()).to.equal('Some data in a file');
  },
  'headers-mailgun-long-header.eml': (mail) => {
    expect(mail.subject).to.have.length(998);
    says('test')(mail);
  },
  'headers-mailgun-mailformed-headers.eml': (mail) => {
    expect(mail.from?.address).to.equal('headers@gmail.com');
    says('Hello')(mail);
    expect(mail.faults).to.include('body-as-is');
  },
  'headers-mailgun-broken-headers.eml': (mail) => {
    expect(mail.subject).to.match(/^Forget Asking For A Link Exchange/);
    says('insider *secrets*')(mail);
  },
};

/** All messages inside a mail, opened as an agent would open them, with the mail itself. */
async function allWithin(mail: ReadMail, depth = 0): Promise<ReadMail[]> {
  const inner = mail.attachments.filter(({ mime, bytes }) => mime === 'message/rfc822' && bytes.length > 0);
  const opened = await Promise.all(inner.map(async ({ bytes }) => allWithin(await mailOf(bytes), depth + 1)));
  return depth > 20 ? [mail] : [mail, ...opened.flat()];
}

export const structures: Record<string, Check> = {
  'structure-mailgun-torture.eml': async (mail) => {
    expect(mail.attachments).to.have.length(11);
    says('multi-part mail with encapsulated messages')(mail);
    expect(await allWithin(mail), 'with its ten messages').to.have.length(11);
  },
  'structure-mailgun-torture-part.eml': (mail) => {
    says('multi-part mail')(mail);
    expect(mail.attachments.map(({ mime }) => mime)).to.deep.equal(['message/rfc822']);
  },
  'structure-postalsys-mimetorture.eml': async (mail) => {
    says('MIME torture test')(mail);
    expect(mail.attachments).to.have.length(10);
    const all = await allWithin(mail);
    expect(all).to.have.length(12);
    for (const name of [
      'foo.gz',
      'blah.gz',
      'blah1.gz',
      'htmlfile.html',
      'smiley-3.png',
      'dot.gif',
      'signature.asc',
    ])
      expect(all.flatMap(names)).to.include(name);
  },
  'structure-jstedfast-stack-overflow.eml': (mail) => {
    says('Message Body', 'Message Subject')(mail);
    expect(mail.to[0]?.address).to.equal('test@test.com');
  },
  'structure-nodemailer-nested.eml': (mail) => {
    says('Good evening.')(mail);
    says('The footer')(mail);
    expect(shownHtml(mail)).to.include('<p>Good evening.</p>').and.include('<p>The footer</p>');
  },
  'structure-nodemailer-base64encodedroot.eml': (mail) => {
    expect(names(mail)).to.deep.equal(['screenshot.png']);
    expect(sizes(mail)).to.deep.equal([425]);
  },
  'structure-nodemailer-htmllargecallstack.eml': (mail) => {
    expect(mail.text.length).to.be.above(500_000);
    expect(shownHtml(mail)).to.not.match(/<(?:script|title)/);
  },
  'structure-nodemailer-large_text.eml': (mail) => {
    expect(mail.text).to.have.length(1_164_213);
  },
  'structure-nodemailer-outofmemory.eml': says('$1 million in Life Insurance Coverage'),
  'structure-mailgun-enclosed-broken-body.eml': (mail) => {
    says('Hello', 'Wow')(mail);
    expect(names(mail)).to.deep.equal(['thanks.eml']);
    expect(mail.to[0]?.name).to.equal('Александр Клижентас☯');
  },
  'structure-mailgun-false-multipart.eml': (mail) => {
    isEmpty(mail);
    expect(mail.subject).to.equal('Broken MIME');
  },
  'structure-mailgun-missing-final-boundary.eml': says('Some body'),
  'structure-mailgun-missing-boundaries.eml': says('This part misses boundaries'),
  'structure-mailgun-no-ctype.eml': says("I'm just testing message parsing"),
  'structure-mailgun-message-external-body.eml': (mail) => {
    says('HTTP Authentication')(mail);
    // What it points at stays where it is.
    expect(mail.attachments.map(({ mime, bytes }) => [mime, bytes.length])).to.deep.equal([
      ['message/external-body', 0],
      ['message/external-body', 0],
    ]);
  },
  'structure-bestpractical-nested-rfc-822.eml': (mail) => {
    expect(mail.messageId).to.equal('87d6gxt7ay.fsf@example.com');
    expect([mail.inReplyTo, mail.references], 'those of the inner mail do not count').to.deep.equal([[], []]);
    says('Material för att uppdatera')(mail);
  },
  'structure-bestpractical-crashes-file-based-parser.eml': (mail) => {
    says('scanning my ports', 'Fwd: scanning my ports')(mail);
    expect(sizes(mail)).to.deep.equal([1431]);
  },
  'structure-mikel-email_with_similar_boundaries.eml': (mail) => {
    expect(mail.text.trim()).to.equal('Test');
    expect(names(mail)).to.deep.equal(['LOGO.png']);
  },
  'structure-mikel-raw_email_encoded_stack_level_too_deep.eml': says(
    'brand new address',
    'Nicolas Fouché has accepted your invitation to Gmail',
  ),
  'structure-mikel-missing_body.eml': (mail) => {
    isEmpty(mail);
    expect(mail.to, 'an address that is none is skipped').to.deep.equal([]);
  },
  'structure-mikel-content_transfer_encoding_with_8bits.eml': (mail) => {
    says('December 04, 2001')(mail);
    expect(shownHtml(mail)).to.include('December 04, 2001');
  },
  // Its uuencoded body is empty; one that is not is in the tests of our own mails.
  'structure-mikel-content_transfer_encoding_x_uuencode.eml': (mail) => {
    expect(names(mail)).to.deep.equal(['PGP_Cmts_on_12-14-01_Pkg.doc']);
    says('Attached are the comments')(mail);
  },
  'structure-bestpractical-notes-uuencoded.eml': (mail) => {
    expect(names(mail)).to.deep.equal(['Naz_Head.jpg']);
    expect(sizes(mail)).to.deep.equal([104_846]);
    expect(Buffer.from(mail.attachments[0]?.bytes ?? []).readUInt16BE(0), 'a JPEG').to.equal(0xffd8);
    says('from Lotus Notes')(mail);
    expect(mail.text).to.not.include('begin 644');
  },
  'structure-redmine-empty_text_and_html_part.eml': (mail) => {
    isEmpty(mail);
    expect(mail.subject).to.equal('Test with an empty text part');
  },
  'structure-redmine-different_contents_in_text_and_html.eml': (mail) => {
    says('The text part.')(mail);
    expect(shownHtml(mail)).to.include('The html part.');
  },
  'structure-stalwartlabs-012.eml': (mail) => {
    const bodies = mail.attachments.map(({ bytes }) =>
      Buffer.from(bytes).toString().trim().split(/\s+/).at(-1),
    );
    expect(bodies).to.deep.equal(['1', '22', '333']);
  },
  'structure-stalwartlabs-016.eml': (mail) => {
    for (const text of ['1', '22', '333', '4444']) expect(mail.text.split('\n')).to.include(text);
  },
  'structure-stalwartlabs-019.eml': (mail) => {
    says('HTML body of the multiparu')(mail);
    expect(mail.fromFault).to.equal('missing');
    expect(mail.sentAt).to.equal(undefined);
  },
  'structure-stalwartlabs-020.eml': (mail) => {
    says('HTML Body')(mail);
    const shown = safeHtml(mail.html ?? '', { urlOfContentId: new Map([['part1', '/files/1']]) });
    expect(shown.html).to.include('src="/files/1"');
    expect([shown.blockedImages, shown.shownContentIds]).to.deep.equal([0, ['part1']]);
  },
};
