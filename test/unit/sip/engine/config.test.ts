import { expect } from 'chai';
import { ConfigError, readConfig } from '../../../../sip/engine/config.ts';

const GOOD = { HEARTHLINE_SIP_SECRET: 's' };

describe('sip engine: settings', () => {
  it('has defaults for all but the secret', () => {
    const config = readConfig(GOOD);
    expect(config.bind).to.equal('0.0.0.0');
    expect(config.sipPort).to.equal(5060);
    expect(config.controlHost).to.equal('127.0.0.1');
    expect(config.controlPort).to.equal(9022);
    expect(config.inviteHoldMs).to.equal(4_000);
    expect(config.graceMs).to.equal(30_000);
    expect(config.timings.giveUpMs).to.equal(32_000);
    expect(config.statusPath).to.equal(undefined);
  });

  it('takes an IPv6 loopback control address', () => {
    expect(readConfig({ ...GOOD, HEARTHLINE_SIP_CONTROL: '[::1]:9022' }).controlHost).to.equal('::1');
  });

  const bad: [string, string][] = [
    ['HEARTHLINE_SIP_CONTROL', '0.0.0.0:9022'],
    ['HEARTHLINE_SIP_CONTROL', '192.0.2.1:9022'],
    ['HEARTHLINE_SIP_CONTROL', '9022'],
    ['HEARTHLINE_SIP_PORT', '70000'],
    ['HEARTHLINE_SIP_PORT', '5060x'],
    ['HEARTHLINE_BIND', 'everywhere'],
    ['HEARTHLINE_SIP_SECRET', ''],
    ['HEARTHLINE_SIP_SECRET', 'a|b'],
    ['HEARTHLINE_SIP_SECRET_FILE', '/nonexistent/secret'],
    ['HEARTHLINE_SIP_T1_MS', '0'],
    ['HEARTHLINE_LOG_LEVEL', 'loud'],
  ];
  for (const [name, value] of bad) {
    it(`refuses ${name}=${value}`, () => {
      expect(() => readConfig({ ...GOOD, [name]: value })).to.throw(ConfigError);
    });
  }
});
