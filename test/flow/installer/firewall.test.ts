/** The firewall: what nft makes of it, and in a network of its own whom it lets through to which port. */
import { once } from 'node:events';
import { expect } from 'chai';
import { countersText, firewallText } from '../../../installer/networks/firewall.ts';
import { readSent } from '../../../installer/ops/residency/sent-counters.ts';
import { readSettings } from '../../../installer/settings.ts';
import { until } from '../../support/until.ts';
import { NetNamespace, namespaceFault } from '../../support/net-namespace.ts';

const settings = readSettings({ HEARTHLINE_RTP_PORTS: '20000-20099' }, '/');
const bank = {
  phones: ['10.71.1.0/24', '10.71.1.128/25'],
  users: ['10.71.2.0/24', '2001:db8::/32'],
  trunks: [],
  monitoring: ['10.71.3.5/32'],
};
const nothing = { phones: [], users: [], trunks: [], monitoring: [] };
const users = new Map([
  [995, 'server'],
  [994, 'sip'],
]);

describe('the firewall of the machine', function () {
  this.timeout(60_000);
  const fault = namespaceFault(['nft']);
  let here: NetNamespace;
  let phone: NetNamespace;
  let user: NetNamespace;
  let stranger: NetNamespace;

  before(function () {
    if (fault === undefined) return;
    console.log(`      left out: ${fault}`);
    this.skip();
  });
  before(() => {
    [here, phone, user, stranger] = [
      new NetNamespace('here'),
      new NetNamespace('phone'),
      new NetNamespace('user'),
      new NetNamespace('stranger'),
    ];
    here.join(phone, '10.71.1.1/24', '10.71.1.2/24');
    here.join(user, '10.71.2.1/24', '10.71.2.2/24');
    here.join(stranger, '10.71.9.1/24', '10.71.9.2/24');
  });
  after(() => {
    for (const one of [here, phone, user, stranger]) one?.remove();
  });

  const load = (text: string, ...more: string[]) => here.input(text, 'nft', ...more, '-f', '-');

  it('is understood by nft, with and without networks, and so are the counters', () => {
    for (const text of [firewallText(settings, bank), firewallText(settings, nothing), countersText(users)])
      load(text, '-c');
  });

  it('leaves the tables of others alone, and is replaced by itself', () => {
    here.run('nft', 'add', 'table', 'inet', 'theirs');
    load(firewallText(settings, bank));
    load(firewallText(settings, nothing));
    const tables = here.run('nft', 'list', 'tables');
    expect(tables).to.include('table inet theirs').and.include('table inet hearthline');
    expect(here.run('nft', 'list', 'table', 'inet', 'hearthline')).to.not.include('10.71.1.0/24');
  });

  const node = (from: NetNamespace, program: string) => from.run(process.execPath, '-e', program).trim();
  /** 'open', 'refused' (let through, nobody listens) or 'closed' (no answer). */
  const tcp = (from: NetNamespace, to: string, port: number) =>
    node(
      from,
      `const s = require('net').connect({ host: '${to}', port: ${port}, timeout: 2000 });
       const say = (word) => { console.log(word); process.exit(); };
       s.on('connect', () => say('open')); s.on('timeout', () => say('closed'));
       s.on('error', (e) => say(e.code === 'ECONNREFUSED' ? 'refused' : 'closed'));`,
    );

  it('lets phones to SIP, users to the pages, and strangers nowhere of ours', () => {
    load(firewallText(settings, bank));
    expect(tcp(phone, '10.71.1.1', 5060)).to.equal('refused');
    expect(tcp(phone, '10.71.1.1', 8080)).to.equal('closed');
    expect(tcp(user, '10.71.2.1', 8080)).to.equal('refused');
    expect(tcp(user, '10.71.2.1', 8081)).to.equal('refused');
    expect(tcp(user, '10.71.2.1', 5060)).to.equal('closed');
    for (const port of [8080, 8081, 5060])
      expect(tcp(stranger, '10.71.9.1', port), `${port}`).to.equal('closed');
    expect(tcp(stranger, '10.71.9.1', 22), 'not ours').to.equal('refused');
  });

  it('lets audio of phones in, that of strangers not, and answers to what we opened', async () => {
    load(firewallText(settings, bank));
    const program = `const s = require('dgram').createSocket('udp4');
      setTimeout(() => process.exit(), 20000);
      let count = 0;
      s.on('message', (_, from) => {
        console.log(from.address);
        if (++count === 2) process.exit();
        // To the stranger, of our own: now it may answer.
        s.send('x', 20010, '10.71.9.2', () => console.log('sent'));
      });
      s.bind(20010, () => console.log('ready'));`;
    const listener = here.start(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    listener.stdout!.setEncoding('utf8').on('data', (text: string) => (heard += text));
    const closed = once(listener, 'close');
    const send = (from: NetNamespace, to: string) =>
      node(
        from,
        `const s = require('dgram').createSocket('udp4');
         s.bind(20010, () => s.send('a', 20010, '${to}', () => s.close()));`,
      );
    await until('it listens', () => heard.includes('ready'));
    send(stranger, '10.71.9.1');
    send(phone, '10.71.1.1');
    await until('the phone was heard and the stranger sent to', () => heard.includes('sent'));
    send(stranger, '10.71.9.1');
    await closed;
    expect(heard.trim().split('\n')).to.deep.equal(['ready', '10.71.1.2', 'sent', '10.71.9.2']);
  });

  it('counts what a user sends, by destination', () => {
    load(countersText(new Map([[65_534, 'server']])));
    const send = (port: number) =>
      `require('dgram').createSocket('udp4').send(Buffer.alloc(100), ${port}, '10.71.9.2', () => process.exit());`;
    node(here, `process.setgid(65534); process.setuid(65534); ${send(443)}`);
    node(here, send(444));
    const listed = here.run('nft', 'list', 'set', 'inet', 'hearthline_sent', 'sent4');
    expect(listed).to.match(/65534 \. 10\.71\.9\.2 \. (udp|17) \. 443 counter packets 1 bytes 128/);
    expect(listed, 'of root').to.not.match(/\. 444\b/);
    const json = here.run('nft', '-j', 'list', 'set', 'inet', 'hearthline_sent', 'sent4');
    expect(readSent(json, new Map([['65534', 'server']]))).to.deep.equal([
      { process: 'server', address: '10.71.9.2', protocol: 'udp', port: 443, packets: 1, bytes: 128 },
    ]);
    const empty = here.run('nft', '-j', 'list', 'set', 'inet', 'hearthline_sent', 'sent6');
    expect(readSent(empty, new Map())).to.deep.equal([]);
  });
});
