/** Addresses and networks: one form each, whatever way they are written; compared with Node's own list of blocks. */
import { BlockList } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { ipBytes, NetworkMap, networkText, parseNetwork } from '../../../../server/lib/network.ts';

const textOf = (text: string): string | undefined => {
  const network = parseNetwork(text);
  return network && networkText(network);
};

describe('networks', () => {
  it('have one form, an IPv4 address in IPv6 being that IPv4 address', () => {
    for (const [text, form] of [
      ['203.0.113.7', '203.0.113.7'],
      [' 203.0.113.7/32 ', '203.0.113.7'],
      ['203.0.113.7/24', '203.0.113.0/24'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      ['::FFFF:cb00:7107', '203.0.113.7'],
      ['::ffff:203.0.113.7/120', '203.0.113.0/24'],
      ['2001:DB8::1', '2001:db8::/64'],
      ['2001:db8:0:0:1::/128', '2001:db8:0:0:1::/128'],
      ['2001:db8:1234:5678::/48', '2001:db8:1234::/48'],
      ['::1', '::/64'],
    ] as const)
      expect(textOf(text), text).to.equal(form);
  });

  it('are nothing else', () => {
    for (const text of [
      '',
      '203.0.113',
      '203.0.113.256',
      '0203.0.113.7',
      '203.0.113.7/33',
      '203.0.113.7/',
      '203.0.113.7/-1',
      '203.0.113.7/8/8',
      '203.0.113.7:80',
      'fe80::1%eth0',
      '2001:db8::/129',
      '::ffff:203.0.113.7/95',
      'example.org',
      '(a+)+$',
    ])
      expect(parseNetwork(text), text).to.equal(undefined);
  });

  it('take what sockets and proxies say of an address', () => {
    const bytes = [203, 0, 113, 7];
    for (const text of ['203.0.113.7', '::ffff:203.0.113.7', '203.0.113.7:51234'])
      expect([...(ipBytes(text) ?? [])], text).to.deep.equal(bytes);
    expect(ipBytes('fe80::1%eth0')).to.deep.equal(ipBytes('fe80::1'));
    for (const text of ['unknown', '', '1.2.3', 'x'.repeat(10_000)])
      expect(ipBytes(text)).to.equal(undefined);
  });

  it('hold the addresses that Node says they hold', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.constant('ipv4' as const));
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.constant('ipv6' as const));
    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.oneof(fc.ipV4(), fc.ipV6()), ([address, bits, family], other) => {
        const network = parseNetwork(`${address}/${bits}`);
        // One in IPv4's place in IPv6 is read as IPv4, which Node does not do.
        const isPlain = (text: string): boolean => text.includes(':') === (ipBytes(text)?.length === 16);
        fc.pre(network !== undefined && isPlain(address) && isPlain(other));
        const list = new BlockList();
        list.addSubnet(address, bits, family);
        const map = new NetworkMap<number>();
        map.set(network, 1);
        for (const one of [address, other]) {
          const type = one.includes(':') ? 'ipv6' : 'ipv4';
          const isOfFamily = type === family;
          expect(map.of(ipBytes(one)!).length > 0, one).to.equal(isOfFamily && list.check(one, type));
        }
        expect(textOf(networkText(network))).to.equal(networkText(network));
      }),
    );
  });
});
