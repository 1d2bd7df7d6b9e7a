/** What people write into a form, and whom the house calls for it. */
import { expect } from 'chai';
import { asDialled, callableNumber } from '../../../../../server/app/callback/phone-number.ts';

const rules = { country: 'IT', allow: ['+39', '+7'], refuse: ['+39333'] };
const called = (written: string) => {
  const answer = callableNumber(written, rules);
  return typeof answer === 'string' ? answer : answer.number;
};

describe('the number to call back', () => {
  it('is read as people write it, in the country of the house or in any', () => {
    expect(called('02 1234567')).to.equal('+39021234567');
    expect(called(' (02) 123-45.67 ')).to.equal('+39021234567');
    expect(called('+7 (495) 123-45-67')).to.equal('+74951234567');
    expect(called('0039 02 1234567')).to.equal('+39021234567');
    const russian = { ...rules, country: 'RU' };
    expect(callableNumber('8 (495) 123-45-67', russian)).to.deep.equal({ number: '+74951234567' });
  });

  it('is allowed by its beginning, and never costs more than a call', () => {
    expect(called('+1 212 555 0100')).to.equal('refused');
    expect(called('333 1234567'), 'refused by its beginning').to.equal('refused');
    expect(called('347 1234567')).to.equal('+393471234567');
    expect(called('899 123456'), 'premium rate').to.equal('refused');
    expect(called('+7 809 123 45 67'), 'premium rate').to.equal('refused');
  });

  it('is nothing that could be something else', () => {
    const none = [
      '',
      'call me',
      '123',
      '700',
      '112',
      '+39',
      '*101#',
      'sip:700@10.0.0.1',
      '02 1234567 ext. 700',
    ];
    for (const written of [...none, '02 1234567;phone-context=+1', '9'.repeat(10_000)])
      expect(called(written), written).to.equal('unreadable');
  });

  it('is written as the trunk wants it', () => {
    const number = '+390212345678';
    expect(asDialled(number, { numbers: 'plus', prefix: '' })).to.equal('+390212345678');
    expect(asDialled(number, { numbers: 'digits', prefix: '00' })).to.equal('00390212345678');
    expect(asDialled(number, { numbers: 'national', prefix: '9' })).to.equal('90212345678');
    expect(asDialled('+74951234567', { numbers: 'national', prefix: '' })).to.equal('84951234567');
  });
});
