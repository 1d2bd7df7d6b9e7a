/** The thread that reads mails: what a mail may do to it, and what the next one feels of that. */
import { expect } from 'chai';
import { MailReader, type MailReading } from '../../../../../server/channels/mail/mail-reader.ts';
import { mailText, ordinary } from './corpus.ts';

const mail = (subject: string, body?: string): Buffer =>
  Buffer.from(mailText([...ordinary.slice(0, 2), `Subject: ${subject}`], body));
const subjectOf = (reading: MailReading): string =>
  'mail' in reading ? reading.mail.subject : JSON.stringify(reading);
const faulty = '../../../test/unit/server/channels/mail/faulty-worker';

describe('the thread that reads mails', function () {
  this.timeout(30_000);
  const open: MailReader[] = [];
  const readerWith = (options: ConstructorParameters<typeof MailReader>[0]): MailReader => {
    const reader = new MailReader(options);
    open.push(reader);
    return reader;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((reader) => reader.close()));
  });

  it('reads in order, and gives the bytes of attachments over', async () => {
    const reader = readerWith({});
    const order: string[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        order.push(subjectOf(await reader.read(mail(`mail ${i}`))));
      }),
    );
    expect(order).to.deep.equal(Array.from({ length: 20 }, (_, i) => `mail ${i}`));
    const bytes = Buffer.from(
      mailText(
        [...ordinary, 'Content-Type: image/png; name=a.png', 'Content-Transfer-Encoding: base64'],
        'aGVsbG8=',
      ),
    );
    const reading = await reader.read(bytes);
    expect('mail' in reading && Buffer.from(reading.mail.attachments[0]?.bytes ?? []).toString()).to.equal(
      'hello',
    );
    expect(bytes.length, 'the caller keeps its own').to.be.above(0);
  });

  it('takes the bytes where it may, and never more than the mail of a shared buffer', async () => {
    const reader = readerWith({});
    const own = new Uint8Array(mail('given away'));
    expect(subjectOf(await reader.read(own, { mayTake: true }))).to.equal('given away');
    expect(own.byteLength, 'moved').to.equal(0);
    const shared = Buffer.concat([mail('one'), mail('two')]);
    const view = shared.subarray(mail('one').length);
    expect(subjectOf(await reader.read(view, { mayTake: true }))).to.equal('two');
    expect(shared.byteLength, 'copied').to.be.above(0);
  });

  for (const [subject, reason] of [
    ['hang', 'too-slow'],
    ['fill', 'too-big'],
    ['throw', 'crashed'],
    ['exit', 'crashed'],
  ] as const)
    it(`answers a mail that does "${subject}" as ${reason}, and reads the next one in a new thread`, async () => {
      const reader = readerWith({
        workerName: faulty,
        timeLimitMs: subject === 'hang' ? 2000 : 10_000,
        maxHeapMb: 64,
      });
      const readings = await Promise.all([
        reader.read(mail('before')),
        reader.read(mail(subject)),
        reader.read(mail('after')),
      ]);
      expect(readings.map(subjectOf)).to.deep.equal(['before', `{"unreadable":"${reason}"}`, 'after']);
    });

  it('says busy beyond what may wait, in number and in bytes, and closed when it is', async () => {
    const few = readerWith({ maxWaiting: 2 });
    const readings = Array.from({ length: 5 }, (_, i) => few.read(mail(`${i}`)));
    const texts = (await Promise.all(readings)).map(subjectOf);
    expect(texts).to.deep.equal(['0', '1', '2', '{"notRead":"busy"}', '{"notRead":"busy"}']);

    const small = readerWith({ maxWaitingBytes: 1000 });
    const large = 'x'.repeat(2000);
    const two = [small.read(mail('alone', large)), small.read(mail('too much', large))];
    expect((await Promise.all(two)).map(subjectOf)).to.deep.equal(['alone', '{"notRead":"busy"}']);

    const closing = readerWith({});
    const pending = [closing.read(mail('a')), closing.read(mail('b'))];
    await closing.close();
    expect((await Promise.all(pending)).map(subjectOf)).to.deep.equal([
      '{"notRead":"closed"}',
      '{"notRead":"closed"}',
    ]);
    expect(await closing.read(mail('c'))).to.deep.equal({ notRead: 'closed' });
  });

  it('answers what is no mail with its reason', async () => {
    expect(await readerWith({}).read(new Uint8Array(0))).to.deep.equal({ unreadable: 'empty' });
  });
});
