import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  addressFromHex,
  KernelLook,
  outboundOf,
  parseSockets,
} from '../../../../../sip/system/ledger/kernel-look.ts';
import { makeTempDir, removeTempDir } from '../../../../support/temp-dir.ts';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (local: string, remote: string, state: string, uid: number, inode: number) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;
/** 192.0.2.1 and 10.0.0.9 as the kernel writes them. */
const [peer, own] = ['010200C0', '0900000A'];
const [web, high] = ['1F90', 'C350'];

const tcp =
  head +
  line(`00000000:${web}`, '00000000:0000', '0A', 101, 1) +
  // A browser's.
  line(`${own}:${web}`, `${peer}:C001`, '01', 101, 2) +
  line(`${own}:${high}`, `${peer}:01BB`, '01', 101, 3) +
  // Being opened, to loopback, over, and another user's.
  line(`${own}:C351`, `${peer}:01BC`, '02', 101, 4) +
  line('0100007F:C352', '0100007F:1538', '01', 101, 5) +
  line(`${own}:C353`, `${peer}:01BB`, '06', 101, 0) +
  line(`${own}:C354`, `${peer}:01BB`, '01', 0, 7);
const udp =
  head +
  line(`${own}:13C4`, '00000000:0000', '07', 101, 8) +
  line(`${own}:D000`, `${peer}:0035`, '01', 101, 9);

describe('what the kernel knows of our sockets', () => {
  it('reads addresses of both families', () => {
    expect(addressFromHex('0100007F')).to.equal('127.0.0.1');
    expect(addressFromHex('B80D0120000000000000000001000000')).to.equal('2001:db8::1');
    expect(addressFromHex('0000000000000000FFFF0000010200C0')).to.equal('192.0.2.1');
  });

  it('tells what our side opened from what was opened to us', () => {
    const found = outboundOf([...parseSockets('tcp', tcp), ...parseSockets('udp', udp)]);
    expect(found.map(({ inode }) => inode)).to.deep.equal([3, 4, 7, 9]);
    expect(found[0]).to.include({ protocol: 'tcp', address: '192.0.2.1', port: 443, uid: 101 });
  });

  it('knows in an installed house whose a socket is by its user, and believes a datagram at the second look', async () => {
    const dir = makeTempDir();
    mkdirSync(join(dir, 'self/net'), { recursive: true });
    writeFileSync(join(dir, 'self/net/tcp'), tcp);
    writeFileSync(join(dir, 'self/net/udp'), udp);
    const look = new KernelLook({
      procDir: dir,
      users: new Map([[101, 'server']]),
    });
    expect((await look.look()).map(({ port }) => port)).to.deep.equal([443, 444]);
    const second = await look.look();
    expect(second.map(({ port, process }) => [port, process])).to.deep.equal([
      [443, 'server'],
      [444, 'server'],
      [53, 'server'],
    ]);
    removeTempDir(dir);
  });

  it('finds in a clone the process, and what it started, by their open files', async () => {
    const dir = makeTempDir();
    mkdirSync(join(dir, 'self/net'), { recursive: true });
    writeFileSync(join(dir, 'self/net/tcp'), tcp);
    const add = (pid: number, parent: number, inode: number) => {
      mkdirSync(join(dir, `${pid}/fd`), { recursive: true });
      writeFileSync(join(dir, `${pid}/stat`), `${pid} (a (b) c) S ${parent} 1 1`);
      symlinkSync(`socket:[${inode}]`, join(dir, `${pid}/fd/5`));
    };
    add(50, 1, 99);
    add(51, 50, 3);
    add(60, 1, 4);
    const pids = new Map([[50, 'postgres']]);
    const look = new KernelLook({ procDir: dir, pids: () => Promise.resolve(pids) });
    expect(await look.look()).to.deep.equal([
      { process: 'postgres', protocol: 'tcp', address: '192.0.2.1', port: 443, localPort: 50_000 },
    ]);
    rmSync(join(dir, '51'), { recursive: true });
    expect(await look.look()).to.deep.equal([]);
    removeTempDir(dir);
  });

  it('reads the real /proc: a connection to loopback is none', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await new Promise((done) => socket.once('connect', done));
    const look = new KernelLook({ pids: () => Promise.resolve(new Map([[process.pid, 'server']])) });
    expect((await look.look()).filter((one) => one.port === port)).to.deep.equal([]);
    socket.destroy();
    server.close();
  });
});
