/** What a contact tells of its customer, in the one form in which it is found again. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  addressesOf,
  type ContactFacts,
  customerName,
  foldedText,
  mailForm,
  phoneForm,
} from '../../../../../server/app/customers/customer-address.ts';

const text = (channelId: string, address: string, more: object = {}): ContactFacts => ({
  contactId: 'c',
  text: { channelId, endpointId: 'e', address, ...more },
});
const shortly = (facts: ContactFacts, country?: string) =>
  addressesOf(facts, country).map(({ kind, value }) => `${kind} ${value}`);

describe('addresses of customers', () => {
  it('are one number however it is written', () => {
    const rome = '+390612345678';
    for (const written of ['+39 06 1234 5678', '0039 06 12345678', '06 1234-5678', '(06) 12.34.56.78'])
      expect(phoneForm(written, 'IT'), written).to.equal(rome);
    expect(phoneForm('0039061234 5678')).to.equal(rome);
    expect(phoneForm('+44 (0)20 7946 0958')).to.equal('+442079460958');
    expect(phoneForm('8 (495) 123-45-67', 'RU')).to.equal('+74951234567');
  });

  it('leave extensions and short numbers as they are, and are none where a number is withheld', () => {
    expect(phoneForm('1009', 'IT')).to.equal('1009');
    expect(phoneForm('1009')).to.equal('1009');
    expect(phoneForm('06 1234 5678'), 'of no country').to.equal('0612345678');
    for (const none of [
      'anonymous',
      'unknown',
      '',
      '+',
      '7',
      'user1009',
      '1'.repeat(21),
      '+39 06 1234 ext. 5',
    ])
      expect(phoneForm(none, 'IT'), none).to.equal(undefined);
  });

  it('are one mail address: small letters, domains in ASCII', () => {
    expect(mailForm(' Carla.Rossi@BANCA.Example ')).to.equal('carla.rossi@banca.example');
    expect(mailForm('иван@Почта.рф')).to.equal('иван@xn--80a1acny.xn--p1ai');
    expect(mailForm('a+b@example.org')).to.equal('a+b@example.org');
    for (const none of ['', 'carla', '@example.org', 'a@b', 'a b@example.org'])
      expect(mailForm(none), none).to.equal(undefined);
  });

  it('stay what they are when they are read again', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789 +()-./'.split('')), maxLength: 24 });
    const country = fc.constantFrom('IT', 'RU', 'GB', 'US', undefined);
    fc.assert(
      fc.property(digits, country, (written, of) => {
        const form = phoneForm(written, of);
        if (form === undefined) return;
        expect(form).to.match(/^\+?\d{2,20}$/);
        expect(phoneForm(form, of)).to.equal(form);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.emailAddress(), fc.boolean(), (address, isLoud) => {
        const form = mailForm(isLoud ? address.toUpperCase() : address);
        if (form !== undefined) expect(mailForm(form)).to.equal(form);
        expect(form).to.equal(mailForm(address));
      }),
    );
  });

  it('are those of the channel, and what was told besides', () => {
    expect(shortly({ contactId: 'c', from: '06 1234 5678' }, 'IT')).to.deep.equal(['phone +390612345678']);
    expect(shortly({ contactId: 'c', from: 'anonymous' })).to.deep.equal([]);
    expect(shortly(text('mail', 'A@Example.org'))).to.deep.equal(['mail a@example.org']);
    expect(shortly(text('mail', 'a@example.org', { phone: '06 1234 5678' }), 'IT')).to.deep.equal([
      'mail a@example.org',
      'phone +390612345678',
    ]);
    expect(shortly(text('form', '+39 06 12345678', { email: 'a@example.org' }))).to.deep.equal([
      'phone +390612345678',
      'mail a@example.org',
    ]);
    expect(shortly(text('chat', 's_01', {}))).to.deep.equal(['chat s_01']);
    expect(shortly(text('chat', 'a@example.org', { email: 'A@example.org' }))).to.deep.equal([
      'mail a@example.org',
    ]);
    expect(shortly(text('webhook', '@carla'))).to.deep.equal(['connector:e @carla']);
    expect(shortly(text('webhook', '+390612345678'))).to.deep.equal([
      'connector:e +390612345678',
      'phone +390612345678',
    ]);
    expect(shortly(text('webhook', '390612345678')), 'a messenger’s own id').to.deep.equal([
      'connector:e 390612345678',
    ]);
    for (const channel of ['mail', 'form', 'chat', 'webhook'])
      expect(shortly(text(channel, '')), `forgotten: ${channel}`).to.deep.equal([]);
  });

  it('names are lines without tricks, and are found without their marks', () => {
    expect(customerName('  Carla\r\n\u202eRossi ')).to.equal('Carla Rossi');
    expect(customerName('\u0001\u0002')).to.equal(undefined);
    expect(foldedText('Peré  NICOLÒ')).to.equal('pere nicolo');
    expect(foldedText('ПЁТР Йорк')).to.equal(foldedText('петр иорк'));
  });
});
