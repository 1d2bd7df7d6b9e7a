import { expect } from 'chai';
import {
  ConnectionLedger,
  joinRows,
  otherPeers,
} from '../../../../../sip/system/ledger/connection-ledger.ts';
import { isKnownHere, isThisMachine, nameServers } from '../../../../../sip/system/ledger/this-machine.ts';
import { addTraffic, TrafficCount } from '../../../../../sip/media/engine/traffic.ts';
import { ipv4ToNumber } from '../../../../../sip/media/protocol.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir, removeTempDir } from '../../../../support/temp-dir.ts';

describe('the ledger of a process', () => {
  it('tells an answer from what we began ourselves', () => {
    const ledger = new ConnectionLedger();
    ledger.heard('10.1.0.5', 5060, 400);
    ledger.sent('10.1.0.5', 5060, 300);
    ledger.sent('192.0.2.9', 5060, 500);
    ledger.heard('192.0.2.9', 5060, 200);
    ledger.heard('10.1.0.6', 5060, 100);
    const [answer, begun, ...rest] = ledger.rows();
    expect(rest, 'nothing was sent to the third').to.deep.equal([]);
    expect(answer).to.include({ address: '10.1.0.5', isAnswer: true, bytesOut: 300, bytesIn: 400 });
    expect(begun).to.include({ address: '192.0.2.9', isAnswer: false, bytesOut: 500, bytesIn: 200 });
  });

  it('stays bounded, and loses no byte of what it folds', () => {
    const ledger = new ConnectionLedger(10);
    for (let n = 0; n < 50; n++) {
      ledger.heard(`10.0.0.${n}`, 5060, 1);
      ledger.sent(`10.0.0.${n}`, 5060, 100);
    }
    const rows = ledger.rows();
    expect(rows.length).to.be.at.most(12);
    expect(rows.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).to.equal(5000);
    expect(rows.every(({ isAnswer }) => isAnswer)).to.equal(true);
  });

  it('shows that there is more than it lists when all rows are our own', () => {
    const ledger = new ConnectionLedger(3);
    for (let n = 0; n < 6; n++) ledger.sent(`192.0.2.${n}`, 443, 10);
    const other = ledger.rows().find(({ address }) => address === otherPeers);
    expect(other).to.include({ isAnswer: false, bytesOut: 30 });
  });

  it('joins rows of threads, and what one of them began stays begun', () => {
    const [one, two] = [new ConnectionLedger(), new ConnectionLedger()];
    one.heard('10.0.0.1', 5060, 5);
    one.sent('10.0.0.1', 5060, 10);
    two.sent('10.0.0.1', 5060, 20);
    const [row] = joinRows([one.rows(), two.rows()]);
    expect(row).to.include({ isAnswer: false, bytesOut: 30, bytesIn: 5, opened: 2 });
  });

  it('adds audio up by address, with the range of its ports', () => {
    const count = new TrafficCount();
    const ip = ipv4ToNumber('192.0.2.5');
    count.add(ip, 4002, { legs: 1, bytesOut: 172, bytesIn: 0 });
    count.add(ip, 4000, { legs: 1, bytesOut: 172, bytesIn: 344 });
    count.add(ipv4ToNumber('127.0.0.1'), 9, { legs: 1, bytesOut: 172, bytesIn: 0 });
    const ledger = new ConnectionLedger();
    addTraffic(ledger, count.take() ?? []);
    expect(count.take()).to.equal(undefined);
    const rows = ledger.rows();
    expect(rows).to.have.length(1);
    expect(rows[0]).to.deep.include({
      protocol: 'rtp',
      address: '192.0.2.5',
      port: 0,
      ports: [4000, 4002],
      opened: 2,
      bytesOut: 344,
      bytesIn: 344,
    });
  });
});

describe('what of the network is this machine', () => {
  it('is loopback in all its forms, and nothing of documentation networks', () => {
    for (const own of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '0.0.0.0'])
      expect(isThisMachine(own), own).to.equal(true);
    for (const other of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1'])
      expect(isThisMachine(other), other).to.equal(false);
  });

  it('reads resolvers and the hosts file as the C library does', () => {
    const dir = makeTempDir();
    const [resolv, hosts] = [join(dir, 'resolv.conf'), join(dir, 'hosts')];
    writeFileSync(
      resolv,
      '# none\nsearch bank\nnameserver 10.0.0.53\nnameserver fe80::1%eth0 \nnameserver x\n',
    );
    writeFileSync(hosts, '10.0.0.7  Relay.bank relay # mail\n');
    expect(nameServers(resolv)).to.deep.equal(['10.0.0.53', 'fe80::1%eth0']);
    expect(nameServers(join(dir, 'none'))).to.deep.equal(['127.0.0.1']);
    expect(isKnownHere('relay.BANK', hosts)).to.equal(true);
    expect(isKnownHere('mail', hosts)).to.equal(false);
    expect(isKnownHere('192.0.2.1', hosts)).to.equal(true);
    removeTempDir(dir);
  });
});
