import { expect } from 'chai';
import { Admission, isTrunkAddress } from '../../../../sip/call/admission.ts';

describe('admission', () => {
  const admission = new Admission();
  admission.configure(
    [
      { trunkId: 'exact', addresses: ['192.0.2.1:5062'], maxCalls: 1 },
      { trunkId: 'host', addresses: ['192.0.2.2', '2001:db8::1'], maxCalls: 1 },
      { trunkId: 'net', addresses: ['198.51.100.0/24'], maxCalls: 1 },
    ],
    [{ number: '700' }],
  );
  const trunk = (ip: string, port = 5060) => admission.trunkOf(ip, port)?.trunkId;

  it('knows a trunk by address, network, or address and port', () => {
    expect(trunk('192.0.2.1', 5062)).to.equal('exact');
    expect(trunk('192.0.2.1', 5060)).to.equal(undefined);
    expect(trunk('192.0.2.2', 1234)).to.equal('host');
    expect(trunk('2001:db8::1')).to.equal('host');
    expect(trunk('198.51.100.77')).to.equal('net');
    expect(trunk('198.51.101.77')).to.equal(undefined);
    expect(trunk('203.0.113.1')).to.equal(undefined);
  });

  it('knows only the numbers of the site', () => {
    expect(admission.number('700')).to.deep.equal({ number: '700' });
    expect(admission.number('00390123456')).to.equal(undefined);
  });

  it('tells addresses that cannot be understood', () => {
    for (const good of ['10.0.0.1', '10.0.0.0/8', '10.0.0.1:5060', '[2001:db8::1]:5060', '2001:db8::/32'])
      expect(isTrunkAddress(good), good).to.equal(true);
    for (const bad of [
      '10.0.0',
      '10.0.0.1/33',
      '10.0.0.1:99999',
      'a.b',
      '10.0.0.1:',
      '::1:5060:x',
      '10.0.0.0/x',
    ])
      expect(isTrunkAddress(bad), bad).to.equal(false);
  });
});
