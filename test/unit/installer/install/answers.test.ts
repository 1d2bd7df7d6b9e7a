/** What an installation is told: whole or refused with every fault in its place. */
import { expect } from 'chai';
import {
  AnswersError,
  answersSchema,
  parseAnswers,
  settingsText,
  usualAnswers,
} from '../../../../installer/install/answers.ts';

const names = ['hearthline.bank.example'];
const faultOf = (value: unknown) => {
  try {
    parseAnswers(typeof value === 'string' ? value : JSON.stringify(value), 'answers.json');
    return '';
  } catch (error) {
    expect(error).to.be.instanceOf(AnswersError);
    return (error as Error).message;
  }
};

describe('the answers of an installation', () => {
  it('need no more than a name', () => {
    const answers = parseAnswers(JSON.stringify({ names }), 'answers.json');
    expect(answers).to.deep.include({ names, certificate: 'own-ca', firewall: true, start: true });
    expect(answers.ports).to.deep.equal({ web: 8443, public: 8444, sip: 5060, rtp: '20000-23999' });
    expect(answers.networks).to.deep.equal({ phones: [], users: [], trunks: [], monitoring: [] });
  });

  it('are refused with the place of each fault', () => {
    expect(faultOf('{')).to.match(/answers\.json is not JSON/);
    expect(faultOf({})).to.match(/names: /);
    expect(faultOf({ names: ['a b'] })).to.match(/names\.0: must be a host name or an address/);
    expect(faultOf({ names, networks: { phones: ['10.0.0', '10.0.0.0/33', '::/0'] } })).to.match(
      /networks\.phones\.0: .*\n +networks\.phones\.1: /,
    );
    expect(faultOf({ names, ports: { web: 0 } })).to.match(/ports\.web/);
    expect(faultOf({ names, bind: 'eth0' })).to.match(/bind: must be an IPv4 address/);
    expect(faultOf({ names, colour: 'red' })).to.match(/colour/);
    expect(faultOf({ names, ports: { web: 5060 } })).to.match(/both 5060/);
    expect(faultOf({ names, ports: { rtp: '5000-6000' } })).to.match(/lies inside/);
  });

  it('have their networks as systemd and the firewall have them: without bits of the host, an address as a network of one', () => {
    const phones = ['10.20.5.7/16', '10.0.0.9', '2001:db8::7'];
    const { networks } = parseAnswers(JSON.stringify({ names, networks: { phones } }), 'answers.json');
    expect(networks.phones).to.deep.equal(['10.20.0.0/16', '10.0.0.9/32', '2001:db8::7/128']);
  });

  it('become the settings of the services', () => {
    const text = settingsText(answersSchema.parse({ names, ports: { web: 443 } }));
    expect(text).to.match(/^HEARTHLINE_HTTP_PORT=443$/m);
    expect(text).to.match(/^HEARTHLINE_TLS_CERT_FILE=\/etc\/hearthline\/tls\/server\.crt$/m);
    expect(settingsText(answersSchema.parse({ names, certificate: 'none' }))).not.to.match(/TLS/);
  });

  it('may name stores of the bank, each fault in its place', () => {
    const postgres = {
      url: 'postgres://hl@db.bank.example/calls',
      passwordFile: '/root/pw',
      caFile: '/root/ca.pem',
    };
    const redis = { url: 'rediss://redis.bank.example' };
    const answers = parseAnswers(JSON.stringify({ names, postgres, redis }), 'answers.json');
    expect(answers).to.deep.include({ postgres, redis });
    const fault = (wrong: object) => faultOf({ names, postgres: { ...postgres, ...wrong } });
    expect(fault({ url: 'db.bank.example' })).to.match(/postgres\.url: is not a URL/);
    expect(fault({ url: 'postgres://hl:secret@db/calls' }))
      .to.match(/postgres\.url: must not hold the password/)
      .and.not.contain('secret');
    expect(fault({ url: 'postgres://hl@db/calls\nHEARTHLINE_BIND=0.0.0.0' })).to.match(/without blanks/);
    expect(fault({ url: 'postgres://hl@db/calls#' })).to.match(/without blanks/);
    expect(fault({ passwordFile: 'pw' })).to.match(/postgres\.passwordFile: must be the whole path/);
    expect(fault({ password: 'x' })).to.match(/postgres: .*password/);
    expect(faultOf({ names, redis: { url: 'redis://r/main' } })).to.match(/redis\.url: names no number/);
  });

  it('tell the services where the stores of the bank are, and no password', () => {
    const text = settingsText(
      answersSchema.parse({
        names,
        postgres: { url: 'postgres://hl@db/calls', passwordFile: '/root/pw', caFile: '/root/ca.pem' },
        redis: { url: 'rediss://redis.bank.example:6380/2', passwordFile: '/root/pw' },
      }),
    );
    expect(text.split('\n').filter((line) => /POSTGRES|REDIS/.test(line))).to.deep.equal([
      'HEARTHLINE_POSTGRES_URL=postgres://hl@db/calls',
      'HEARTHLINE_POSTGRES_CA_FILE=/etc/hearthline/tls/postgres-ca.pem',
      'HEARTHLINE_REDIS_URL=rediss://redis.bank.example:6380/2',
    ]);
    expect(settingsText(answersSchema.parse({ names }))).not.to.match(/POSTGRES|REDIS/);
  });

  it('are usually this machine and the networks that it is in', () => {
    const usual = usualAnswers();
    expect(answersSchema.safeParse(usual).success).to.equal(true);
    expect(usual.names.length).to.be.greaterThan(0);
    for (const network of usual.networks.phones) expect(network).to.match(/^(\d+\.){3}\d+\/\d+$/);
  });
});
