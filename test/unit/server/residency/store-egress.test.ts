/** The bank's own stores among what leaves the building, and their rows in the file before the server keeps it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseEgressNeeds } from '../../../../installer/networks/house-networks.ts';
import { EgressFile } from '../../../../server/residency/egress-file.ts';
import { ownerOf } from '../../../../server/residency/owners.ts';
import {
  egressOfStores,
  keepStoreNames,
  lookUp,
  storeEgress,
  withStores,
} from '../../../../server/residency/store-egress.ts';
import { egressRowSchema } from '../../../../server/contract/rest-channels.ts';
import { NetworkMap } from '../../../../server/lib/network.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const postgres = { host: 'db.bank.example', port: 5432, isPlain: false };
const redis = { host: '10.0.0.9', port: 6379, isPlain: true };
const rows = storeEgress({ postgres, redis });
const addresses: Record<string, string[]> = { 'db.bank.example': ['10.0.0.8'] };
const resolve = (host: string) =>
  addresses[host] ? Promise.resolve(addresses[host]) : Promise.reject(new Error(`no ${host}`));

describe('the stores of the bank', () => {
  it('are rows of what leaves the building, with TLS or without; our own are none', () => {
    expect(rows).to.deep.equal([
      { host: 'db.bank.example', port: 5432, protocol: 'postgres-tls', purpose: 'postgres', usedBy: [] },
      { host: '10.0.0.9', port: 6379, protocol: 'redis', purpose: 'redis', usedBy: [] },
    ]);
    for (const row of rows) expect(egressRowSchema.safeParse(row).success).to.equal(true);
    const ofBank = {
      postgres: { host: 'db.bank.example', port: 5432, tls: {}, database: 'h', user: 'h' },
      redis: { host: '10.0.0.9', port: 6379, database: 0 },
    };
    expect(egressOfStores(ofBank)).to.deep.equal(rows);
    const ours = {
      postgres: { socketDir: '/run/pg', database: 'h', user: 'h' },
      redis: { socketPath: '/run/redis.sock' },
    };
    expect(egressOfStores(ours)).to.deep.equal([]);
  });

  it('own the connections that the server opens to them, and no other process', () => {
    const facts = {
      egress: rows,
      resolvers: ['10.0.0.53'],
      phones: new Map(),
      trunks: new NetworkMap<string>(),
    };
    const asked = (protocol: 'tcp' | 'dns', address: string, port: number, hosts: string[] = []) =>
      ownerOf({ process: 'server', row: { protocol, address, port, hosts, isAnswer: false } }, facts);
    const owned = { usedBy: [], isAnswer: false };
    expect(asked('tcp', '10.0.0.8', 5432, ['db.bank.example'])).to.deep.equal({
      owner: 'postgres',
      ...owned,
    });
    expect(asked('tcp', '10.0.0.9', 6379)).to.deep.equal({ owner: 'redis', ...owned });
    expect(asked('tcp', '10.0.0.9', 6380).owner).to.equal('unknown');
    expect(asked('dns', '10.0.0.53', 53).owner).to.equal('resolver');
  });
});

describe('the stores in egress.json', () => {
  const looked = () => lookUp(rows, resolve);
  const needsIn = (text: string) => parseEgressNeeds(text, 'egress.json');

  it('stand in it before there is one, with the addresses of their names', async () => {
    const text = withStores('', await looked())!;
    expect(needsIn(text).egress.map(({ purpose, addresses: found }) => [purpose, found])).to.deep.equal([
      ['postgres', ['10.0.0.8']],
      ['redis', ['10.0.0.9']],
    ]);
    expect(withStores(text, await looked()), 'the second time').to.equal(undefined);
  });

  it('leave what else stands there, and keep addresses that were found before', async () => {
    const relay = {
      host: 'relay.bank.example',
      port: 25,
      protocol: 'smtp',
      purpose: 'mail-relay',
      usedBy: [],
    };
    const ingress = [{ network: '192.0.2.0/28', service: 'sip', purpose: 'trunk', usedBy: ['telco'] }];
    const before = JSON.stringify({
      version: 1,
      egress: [
        { ...rows[0], addresses: ['10.0.0.7'] },
        { ...relay, addresses: ['10.0.0.25'] },
      ],
      ingress,
    });
    const needs = needsIn(withStores(before, await looked())!);
    expect(needs.egress.find(({ purpose }) => purpose === 'mail-relay')?.addresses).to.deep.equal([
      '10.0.0.25',
    ]);
    expect(needs.egress.find(({ purpose }) => purpose === 'postgres')?.addresses).to.deep.equal([
      '10.0.0.7',
      '10.0.0.8',
    ]);
    expect(needs.ingress).to.have.lengthOf(1);
    expect(needsIn(withStores(before, [])!).egress.map(({ purpose }) => purpose)).to.deep.equal([
      'mail-relay',
    ]);
  });

  it('are told of a name that leads nowhere', async () => {
    const lost = storeEgress({ postgres: { ...postgres, host: 'lost.bank.example' } });
    expect(await lookUp(lost, resolve).catch((error: Error) => error.message)).to.equal(
      'no lost.bank.example',
    );
  });

  describe('as the server starts', () => {
    let root = '';
    beforeEach(() => {
      root = makeTempDir();
    });
    afterEach(() => removeTempDir(root));

    it('are where their names lead now, and the server keeps them from there', async () => {
      const file = join(root, 'egress.json');
      const warned: string[] = [];
      const logger = { warn: (_: object, message: string) => void warned.push(message) };
      writeFileSync(file, withStores('', [{ ...rows[0]!, addresses: ['10.0.0.7'] }])!);
      const leave = await keepStoreNames({ file, rows, resolve, logger });
      leave();
      expect(needsIn(readFileSync(file, 'utf8')).egress[0]?.addresses).to.deep.equal([
        '10.0.0.7',
        '10.0.0.8',
      ]);
      const kept = await EgressFile.open({ file, ingress: () => [], resolve, now: () => 0, logger });
      await kept.keep(rows);
      expect(needsIn(readFileSync(file, 'utf8')).egress[0]?.addresses).to.deep.equal([
        '10.0.0.7',
        '10.0.0.8',
      ]);
      expect(warned).to.deep.equal([]);
    });

    it('stay as they were while no name can be looked up, and the server starts', async () => {
      const file = join(root, 'egress.json');
      const warned: string[] = [];
      const logger = { warn: (_: object, message: string) => void warned.push(message) };
      const before = withStores('', await looked())!;
      writeFileSync(file, before);
      const leave = await keepStoreNames({
        file,
        rows,
        resolve: () => Promise.reject(new Error('no resolver')),
        logger,
      });
      leave();
      expect(readFileSync(file, 'utf8')).to.equal(before);
      expect(warned).to.have.lengthOf(1);
    });
  });
});
