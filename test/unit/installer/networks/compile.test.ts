import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { installedLayout, machinePlaces, type House } from '../../../../installer/house.ts';
import {
  allowedIn,
  compileNetworks,
  dropInText,
  limitedServices,
} from '../../../../installer/networks/compile.ts';
import {
  type EgressNeeds,
  type HouseNetworks,
  parseEgressNeeds,
  parseHouseNetworks,
  plainNetwork,
} from '../../../../installer/networks/house-networks.ts';
import { dropInFile, networksCommand } from '../../../../installer/ops/networks.ts';
import { readSettings } from '../../../../installer/settings.ts';
import { egressOf } from '../../../../server/api/channels/egress.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { EgressFile, ingressOf } from '../../../../server/residency/egress-file.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const bank: HouseNetworks = {
  phones: ['10.1.0.0/16'],
  users: ['10.2.0.0/16'],
  trunks: ['10.9.0.0/24'],
  monitoring: ['10.3.0.5/32'],
};
const none: EgressNeeds = { version: 1, egress: [], ingress: [] };
const connector = (purpose: EgressNeeds['egress'][0]['purpose'], host: string, addresses: string[]) => ({
  host,
  port: 25,
  protocol: 'smtp',
  purpose,
  usedBy: [],
  addresses,
});
const networksOf = (list: { network: string }[]) => list.map(({ network }) => network);

describe('the networks of the services', () => {
  it('are those that were answered, and no other, while no connector is on', () => {
    const lists = compileNetworks(bank, none, ['10.0.0.53']);
    expect(networksOf(lists.server)).to.deep.equal(['10.2.0.0/16', '10.3.0.5/32']);
    expect(networksOf(lists.sip)).to.deep.equal(['10.1.0.0/16', '10.9.0.0/24']);
    expect(networksOf(lists.media)).to.deep.equal(['10.1.0.0/16', '10.9.0.0/24']);
    const empty = { phones: [], users: [], trunks: [], monitoring: [] };
    expect(compileNetworks(empty, none, ['10.0.0.53'])).to.deep.equal({
      server: [],
      sip: [],
      media: [],
      settle: [],
    });
  });

  it('open a connector to the service that speaks to it, and resolvers for names alone', () => {
    const needs = {
      ...none,
      egress: [
        connector('mail-relay', '10.5.0.25', ['10.5.0.25']),
        connector('trunk', 'sbc.example', ['192.0.2.4']),
      ],
      ingress: [{ network: '10.6.0.1', service: 'server' as const, purpose: 'mail-relay', usedBy: [] }],
    };
    const lists = compileNetworks(bank, needs, ['10.0.0.53']);
    expect(networksOf(lists.server)).to.include.members(['10.5.0.25/32', '10.6.0.1/32', '10.0.0.53/32']);
    expect(networksOf(lists.server)).to.not.include('192.0.2.4/32');
    expect(networksOf(lists.sip)).to.include.members(['192.0.2.4/32', '10.0.0.53/32']);
    expect(networksOf(lists.media)).to.include('192.0.2.4/32').and.not.include('10.0.0.53/32');
    const addressesOnly = { ...none, egress: [connector('mail-relay', '10.5.0.25', ['10.5.0.25'])] };
    const without = compileNetworks(bank, addressesOnly, ['10.0.0.53']);
    for (const service of limitedServices)
      expect(networksOf(without[service])).to.not.include('10.0.0.53/32');
  });

  it('open the stores of the bank to the server alone, and the database to who settles an upgrade', () => {
    const needs = {
      ...none,
      egress: [
        { ...connector('postgres', 'db.bank.example', ['10.7.0.1', '10.7.0.2']), protocol: 'postgres-tls' },
        { ...connector('redis', '10.7.0.3', ['10.7.0.3']), protocol: 'redis-tls' },
      ],
    };
    const lists = compileNetworks(bank, needs, ['10.0.0.53']);
    const stores = ['10.7.0.1/32', '10.7.0.2/32', '10.7.0.3/32'];
    expect(networksOf(lists.server)).to.include.members([...stores, '10.0.0.53/32']);
    for (const service of ['sip', 'media'] as const)
      expect(networksOf(lists[service])).to.deep.equal(['10.1.0.0/16', '10.9.0.0/24']);
    expect(networksOf(lists.settle)).to.deep.equal(['10.0.0.53/32', '10.7.0.1/32', '10.7.0.2/32']);
  });

  it('say for whom each is open, in a comment that no name can break out of', () => {
    const needs = {
      ...none,
      egress: [
        {
          ...connector('alerts', '10.5.0.9', ['10.5.0.9']),
          usedBy: ['Long\nIPAddressAllow=0.0.0.0/0 waits'],
        },
      ],
    };
    const text = dropInText('server', compileNetworks(bank, needs, []).server);
    expect(allowedIn(text)).to.deep.equal(['10.2.0.0/16', '10.3.0.5/32', '10.5.0.9/32']);
    expect(text).to.include('# alerts Long?IPAddressAllow?0.0.0.0/0 waits\nIPAddressAllow=10.5.0.9/32');
  });

  it('hold what any name of a rule or connector may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const needs = {
          ...none,
          egress: [{ ...connector('alerts', '10.5.0.9', ['10.5.0.9']), usedBy: [name] }],
        };
        const text = dropInText('server', compileNetworks(bank, needs, []).server);
        const settings = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
        expect(settings).to.deep.equal([
          '[Service]',
          'IPAddressAllow=10.2.0.0/16',
          'IPAddressAllow=10.3.0.5/32',
          'IPAddressAllow=10.5.0.9/32',
        ]);
      }),
    );
  });

  it('are refused with their place when they are none', () => {
    const text = JSON.stringify({
      names: ['x'],
      networks: { phones: ['10.1.0.0/16', '10.1.0.0/33'], users: ['all'] },
    });
    expect(() => parseHouseNetworks(text, 'answers.json'))
      .to.throw('answers.json has faults')
      .with.property('message')
      .that.includes('networks.phones.1: must be a network such as 10.20.0.0/16, not "10.1.0.0/33"')
      .and.includes('networks.users.0');
    expect(() => parseHouseNetworks('{', 'answers.json')).to.throw('answers.json is not JSON');
    expect(() => parseEgressNeeds('{"version":2}', 'egress.json')).to.throw('egress.json has faults');
    expect(parseHouseNetworks('{}', 'answers.json').phones).to.deep.equal([]);
  });

  it('are written in one form each', () => {
    expect(plainNetwork('10.1.2.3/16')).to.equal('10.1.0.0/16');
    expect(plainNetwork('10.1.2.3')).to.equal('10.1.2.3/32');
    expect(plainNetwork('2001:db8::1')).to.equal('2001:db8::1/128');
    expect(plainNetwork('nonsense')).to.equal(undefined);
  });
});

describe('hearthline networks apply', () => {
  let root: string;
  let house: House;
  const said = { out: '', error: '' };
  const io = {
    out: (text: string) => void (said.out += `${text}\n`),
    error: (text: string) => void (said.error += `${text}\n`),
  };
  const site = (more: object) =>
    siteSchema.parse({ site: { name: 'Bank' }, queues: [{ id: 'main', name: 'M' }], ...more });
  /** As the server writes it. */
  async function switchOn(more: object): Promise<void> {
    const model = site(more);
    const file = await EgressFile.open({
      file: join(house.layout.dataDir, 'egress.json'),
      ingress: () => ingressOf(model),
      now: () => 0,
      logger: { warn: () => undefined },
    });
    await file.keep(egressOf(model));
  }

  beforeEach(async () => {
    root = makeTempDir();
    const machine = machinePlaces(root);
    for (const dir of [machine.etcDir, machine.dataDir, machine.unitsDir])
      mkdirSync(dir, { recursive: true });
    writeFileSync(machine.answersFile, JSON.stringify({ networks: bank }));
    writeFileSync(join(root, 'etc/passwd'), '');
    const layout = installedLayout(root);
    house = { kind: 'installed', layout, settings: readSettings({}, '/'), backupsDir: '', machine };
    await switchOn({});
    said.out = '';
    said.error = '';
  });
  afterEach(() => removeTempDir(root));

  const apply = (...args: string[]) => networksCommand(['apply', ...args], house, io);
  const listOf = (service: 'server' | 'sip' | 'media') =>
    allowedIn(readFileSync(dropInFile(house.machine!, service), 'utf8'));

  it('writes a drop-in beside each unit, tells what changes, and nothing the second time', async () => {
    expect(await apply('--dry-run')).to.equal(0);
    expect(said.out).to.include('+ 10.1.0.0/16  (phones)');
    expect(existsSync(dropInFile(house.machine!, 'sip'))).to.equal(false);
    expect(await apply()).to.equal(0);
    expect(listOf('sip')).to.deep.equal(['10.1.0.0/16', '10.9.0.0/24']);
    said.out = '';
    expect(await apply()).to.equal(0);
    expect(said.out).to.equal('Nothing changes.\n');
  });

  it('follows connectors that are switched on and off', async () => {
    await apply();
    await switchOn({
      trunks: [{ id: 'telco', addresses: ['192.0.2.0/28'], outbound: { host: '192.0.2.4' } }],
      webhooks: [{ id: 'crm', name: 'CRM', url: 'https://10.0.0.7:8443/in', secret: 'crm', queue: 'main' }],
    });
    said.out = '';
    await apply();
    expect(said.out).to.include('hearthline-server:\n  + 10.0.0.7/32  (connector crm)');
    expect(listOf('media')).to.include.members(['192.0.2.0/28', '192.0.2.4/32']);
    await switchOn({});
    said.out = '';
    await apply();
    expect(said.out).to.include('  - 10.0.0.7/32');
    expect(listOf('server')).to.deep.equal(['10.2.0.0/16', '10.3.0.5/32']);
  });

  it('lets the answered networks through before the server has ever been started', async () => {
    rmSync(join(house.layout.dataDir, 'egress.json'));
    expect(await apply()).to.equal(0);
    expect(listOf('media')).to.deep.equal(['10.1.0.0/16', '10.9.0.0/24']);
  });

  it('refuses wrong answers, and leaves what is in force', async () => {
    await apply();
    writeFileSync(house.machine!.answersFile, JSON.stringify({ networks: { phones: ['10.1.0.0/99'] } }));
    const fault = await apply().catch((error: Error) => error.message);
    expect(fault).to.include('networks.phones.0: must be a network');
    expect(listOf('sip')).to.include('10.1.0.0/16');
    const clone: House = { kind: 'clone', layout: house.layout, settings: house.settings, backupsDir: '' };
    expect(await networksCommand(['apply'], clone, io).catch((error: Error) => error.message)).to.include(
      'for an installed Hearthline',
    );
  });

  it('warns of a network that is everybody', async () => {
    writeFileSync(house.machine!.answersFile, JSON.stringify({ networks: { users: ['0.0.0.0/0'] } }));
    expect(await apply()).to.equal(0);
    expect(said.error).to.include('hearthline-server may speak to everybody (0.0.0.0/0)');
  });
});
