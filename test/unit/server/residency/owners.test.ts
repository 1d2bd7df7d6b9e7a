import { expect } from 'chai';
import { egressOf } from '../../../../server/api/channels/egress.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import {
  networksOf,
  type OwnerFacts,
  ownerOf,
  type Question,
  trunkNetworks,
} from '../../../../server/residency/owners.ts';

const site = siteSchema.parse({
  site: { name: 'Bank' },
  queues: [{ id: 'main', name: 'Main' }],
  trunks: [
    { id: 'telco', addresses: ['10.9.0.0/24'], outbound: { host: 'sbc.telco.example' } },
    { id: 'branch', addresses: ['10.8.0.1:5062'] },
  ],
  mail: {
    smarthost: { host: 'relay.bank.example', port: 587 },
    mailboxes: [{ id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main' }],
  },
  webhooks: [{ id: 'crm', name: 'CRM', url: 'https://10.0.0.7:8443/in', secret: 'crm', queue: 'main' }],
});
const facts: OwnerFacts = {
  egress: egressOf(site, [{ url: 'http://alerts.bank.example/', rule: 'Long waits' }]),
  resolvers: ['10.0.0.53'],
  phones: new Map([['10.1.0.5', '1001']]),
  trunks: trunkNetworks(site),
};
const nothing: OwnerFacts = { ...facts, egress: [], phones: new Map() };

function asked(
  process: string,
  protocol: Question['row']['protocol'],
  address: string,
  port: number,
  more: { hosts?: string[]; isAnswer?: boolean; name?: string; facts?: OwnerFacts } = {},
) {
  const { hosts = [], isAnswer = false, name } = more;
  return ownerOf({ process, row: { protocol, address, port, hosts, isAnswer }, name }, more.facts ?? facts);
}

describe('whose a connection is', () => {
  it('is a connector by the name that was asked for and its port, not by the address', () => {
    expect(asked('server', 'tcp', '192.0.2.1', 587, { hosts: ['relay.bank.example'] })).to.deep.equal({
      owner: 'mail-relay',
      usedBy: [],
      isAnswer: false,
    });
    expect(asked('server', 'tcp', '10.0.0.7', 8443)).to.include({ owner: 'connector' });
    expect(asked('server', 'tcp', '192.0.2.1', 80, { hosts: ['alerts.bank.example'] })).to.deep.include({
      owner: 'alerts',
      usedBy: ['Long waits'],
    });
  });

  it('is nobody with another port, another transport or another name', () => {
    expect(asked('server', 'tcp', '10.0.0.7', 443).owner).to.equal('unknown');
    expect(asked('server', 'udp', '10.0.0.7', 8443).owner).to.equal('unknown');
    expect(asked('server', 'tcp', '192.0.2.1', 587, { hosts: ['relay.evil.example'] }).owner).to.equal(
      'unknown',
    );
    expect(asked('server', 'tcp', '192.0.2.1', 587).owner).to.equal('unknown');
  });

  it('lets nothing out for an empty site', () => {
    expect(asked('server', 'tcp', '10.0.0.7', 8443, { facts: nothing }).owner).to.equal('unknown');
    expect(asked('server', 'dns', '10.0.0.53', 53, { facts: nothing }).owner).to.equal('unknown');
    expect(asked('sip', 'udp', '192.0.2.1', 5060, { facts: nothing }).owner).to.equal('unknown');
  });

  it('asks names while a connector has one', () => {
    expect(asked('server', 'dns', '10.0.0.53', 53).owner).to.equal('resolver');
    const onlyAddresses = { ...facts, egress: facts.egress.filter(({ host }) => host === '10.0.0.7') };
    expect(asked('server', 'dns', '10.0.0.53', 53, { facts: onlyAddresses }).owner).to.equal('unknown');
  });

  it('is a trunk that we call by the name that led to its address, and its audio too', () => {
    const name = 'sbc.telco.example';
    expect(asked('sip', 'udp', '198.51.100.4', 5060, { name })).to.deep.include({
      owner: 'trunk',
      usedBy: ['telco'],
      isAnswer: false,
    });
    expect(asked('sip', 'udp', '198.51.100.4', 5070, { name, isAnswer: true }).isAnswer).to.equal(false);
    expect(asked('media', 'rtp', '198.51.100.4', 0, { name }).owner).to.equal('trunk');
  });

  it('is an answer to phones, trunks that call us, callers and strangers', () => {
    expect(asked('sip', 'udp', '10.1.0.5', 5060)).to.deep.equal({
      owner: 'phone',
      usedBy: ['1001'],
      isAnswer: true,
    });
    expect(asked('media', 'rtp', '10.1.0.5', 0).owner).to.equal('phone');
    expect(asked('sip', 'udp', '10.8.0.1', 5099)).to.deep.include({
      owner: 'trunk',
      usedBy: ['branch'],
      isAnswer: true,
    });
    expect(asked('sip', 'udp', '203.0.113.9', 5060, { isAnswer: true }).owner).to.equal('stranger');
    expect(asked('sip', 'udp', '203.0.113.9', 5060).owner, 'who never came').to.equal('unknown');
    expect(asked('media', 'rtp', '203.0.113.9', 0).owner).to.equal('call');
  });

  it("is nobody's when audio leads out of the networks of the bank, where they are known", () => {
    const networks = networksOf({ phones: ['10.1.0.0/16'], trunks: ['198.51.100.0/24'] });
    const known = { ...facts, networks };
    expect(asked('media', 'rtp', '10.1.200.1', 0, { facts: known }).owner).to.equal('phone');
    expect(asked('media', 'rtp', '198.51.100.77', 0, { facts: known })).to.deep.include({
      owner: 'trunk',
      isAnswer: true,
    });
    expect(asked('media', 'rtp', '203.0.113.9', 0, { facts: known }).owner).to.equal('unknown');
  });

  it('does not let the server answer telephones', () => {
    expect(asked('server', 'tcp', '10.1.0.5', 5060).owner).to.equal('unknown');
    expect(asked('postgres', 'tcp', '10.1.0.5', 443).owner).to.equal('unknown');
  });
});
