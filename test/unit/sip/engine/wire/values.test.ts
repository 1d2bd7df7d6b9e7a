import { expect } from 'chai';
import fc from 'fast-check';
import { wireName, headerId, H } from '../../../../../sip/engine/wire/header-names.ts';
import {
  parseNameAddr,
  parseNameAddrList,
  splitNameAddrs,
  tagOf,
  withoutTag,
} from '../../../../../sip/engine/wire/name-addr.ts';
import { parseSipUri, uriScheme } from '../../../../../sip/engine/wire/uri.ts';
import { isRfc3261Branch, parseVia, viaSeenFrom } from '../../../../../sip/engine/wire/via.ts';

describe('sip engine wire: header values', () => {
  it('reads names in any spelling', () => {
    expect(headerId('CALL-ID')).to.equal(H.callId);
    expect(headerId('i')).to.equal(H.callId);
    expect(headerId('x-thing')).to.equal(H.other);
    expect(wireName('call-id')).to.equal('Call-ID');
    expect(wireName('some-new-header')).to.equal('Some-New-Header');
    expect(wireName('x-kept')).to.equal('x-kept');
    expect(wireName('www-authenticate')).to.equal('WWW-Authenticate');
  });

  it('reads URIs', () => {
    const uri = parseSipUri('sip:user;par=u%40example.net@example.com:5070;transport=TCP;lr');
    expect(uri?.user).to.equal('user;par=u%40example.net');
    expect(uri?.host).to.equal('example.com');
    expect(uri?.port).to.equal(5070);
    expect(uri?.params?.get('transport')).to.equal('TCP');
    expect(uri?.params?.has('lr')).to.equal(true);
    expect(parseSipUri('sip:[2001:db8::10:5070]')?.port).to.equal(undefined);
    expect(parseSipUri('sip:[2001:db8::10]:5070')?.port).to.equal(5070);
    for (const bad of [
      'sip:',
      'sip:@h',
      'sip:a@',
      'sip:2001:db8::10',
      'sip:h:99999',
      'sip:a b@h',
      'h',
      'sip:a@h;;x',
    ])
      expect(parseSipUri(bad), bad).to.equal(undefined);
    expect(uriScheme('TEL:+1')).to.equal('tel');
  });

  it('reads name-addrs and refuses what can be read in two ways', () => {
    expect(parseNameAddr('"a \\" <x>" <sip:a@b;c=d>;tag=1;q')?.uri).to.equal('sip:a@b;c=d');
    expect(parseNameAddr('A B <sip:a@b>')?.uri).to.equal('sip:a@b');
    expect(parseNameAddr('caller<sip:a@b>')?.uri).to.equal('sip:a@b');
    expect(parseNameAddr('sip:a@b;tag=1')?.params?.get('tag')).to.equal('1');
    for (const bad of [
      '"a <sip:a@b>',
      'Bell, A <sip:a@b>',
      'sip:a@b?x=y',
      '<sip:a @b>',
      '<sip:a@b',
      '<>',
      '<sip:a@b>;;',
    ])
      expect(parseNameAddr(bad), bad).to.equal(undefined);
    expect(parseNameAddrList('<sip:a>, "x,y" <sip:b>;q=1,sip:c')).to.have.length(3);
    expect(splitNameAddrs('<sip:a;lr>;x=1 , <sip:b>')).to.deep.equal(['<sip:a;lr>;x=1', '<sip:b>']);
  });

  it('takes tags off and finds them', () => {
    expect(tagOf('<sip:a@b;tag=no>;TAG = yes')).to.equal('yes');
    expect(withoutTag('<sip:a@b;tag=no>;x=1;tag=yes;y')).to.equal('<sip:a@b;tag=no>;x=1;y');
    expect(withoutTag('sip:a@b')).to.equal('sip:a@b');
  });

  it('reads Via values with space and fills in where a request came from', () => {
    const via = parseVia(
      'SIP  / 2.0 / UDP  192.0.2.2 : 5061 ;branch = z9hG4bK1 ; rport;x=";,", SIP/2.0/TCP b',
    );
    expect(via?.host).to.equal('192.0.2.2');
    expect(via?.port).to.equal(5061);
    expect(via?.branch).to.equal('z9hG4bK1');
    expect(viaSeenFrom(via as NonNullable<typeof via>, '10.0.0.1', 7)).to.equal(
      'SIP/2.0/UDP 192.0.2.2:5061;branch=z9hG4bK1;rport=7;x=";,";received=10.0.0.1',
    );
    expect(isRfc3261Branch('z9hG4bK')).to.equal(false);
    expect(isRfc3261Branch('z9hG4bKx')).to.equal(true);
    expect(parseVia('SIP/2.0/UDP')).to.equal(undefined);
  });

  it('replaces a forged received parameter', () => {
    const via = parseVia('SIP/2.0/UDP 192.0.2.2;received=192.0.2.9;branch=z9hG4bK1');
    expect(viaSeenFrom(via as NonNullable<typeof via>, '10.0.0.1', 7)).to.equal(
      'SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1;rport=7;received=10.0.0.1',
    );
  });

  it('never throws on any text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom(
            'sip:',
            'a',
            '@',
            '<',
            '>',
            ';',
            ',',
            '"',
            '\\',
            '=',
            ':',
            '[',
            ']',
            ' ',
            '%',
            '?',
            'SIP/2.0/UDP ',
          ),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        parseNameAddr(text);
        parseNameAddrList(text);
        splitNameAddrs(text);
        parseSipUri(text);
        parseVia(text);
        withoutTag(text);
      }),
      { numRuns: 3_000 },
    );
  });
});
