import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatFault,
  formatSite,
  maxSiteBytes,
  parseSite,
  secureSite,
  verifyPin,
} from '../../../../server/config/site-file.ts';
import type { SiteFileFault } from '../../../../server/config/site-file.ts';
import type { Site } from '../../../../server/contract/site.ts';

const good = `site:
  name: Test
numbers:
  - number: 700
    queue: main
    greeting: [welcome]
queues:
  - id: main
    name: Main queue
agents:
  - id: 0101
    name: Anna
    pin: 0123
    queues: [main]
    phone: 1001
phones:
  - id: 1001
    password: a-long-password
`;

function site(text: string): Site {
  const result = parseSite(text);
  if ('faults' in result) throw new Error(result.faults.map((f) => formatFault('site.yaml', f)).join('\n'));
  return result.site;
}

function faults(text: string): SiteFileFault[] {
  const result = parseSite(text);
  return 'faults' in result ? result.faults : [];
}

const lines = (text: string) => faults(text).map((fault) => formatFault('site.yaml', fault));

describe('parseSite', () => {
  it('reads a site and fills in defaults', () => {
    const result = site(good);
    expect(result.queues[0]).to.include({ id: 'main', ringSec: 15, record: true });
    expect(result.notReadyReasons).to.have.length(4);
  });

  it('takes text as written where YAML would read a number', () => {
    const result = site(good);
    expect(result.numbers[0]?.number).to.equal('700');
    expect(result.agents[0]).to.include({ id: '0101', pin: '0123', phone: '1001' });
  });

  it('names line, column and path of a schema fault', () => {
    expect(lines(good.replace('name: Main queue', 'name: Main queue\n    ringSec: soon'))).to.deep.equal([
      'site.yaml:10:14 queues[0].ringSec: expected number, received string',
    ]);
  });

  it('points at the key that does not exist', () => {
    expect(lines(good.replace('    name: Anna', '    nmae: Anna'))).to.deep.equal([
      'site.yaml:11:5 agents[0].name: is missing',
      'site.yaml:12:5 agents[0].nmae: there is no such setting',
    ]);
  });

  it('names line and path of a reference to nothing, and of duplicates', () => {
    const text = good
      .replace('queue: main', 'queue: mian')
      .replace('queues: [main]', 'queues: [main, extra]');
    expect(lines(text)).to.deep.equal([
      'site.yaml:5:12 numbers[0].queue: there is no queue "mian"',
      'site.yaml:14:20 agents[0].queues[1]: there is no queue "extra"',
    ]);
    expect(lines(`${good}  - id: 1001\n    password: another-one\n`)).to.deep.equal([
      'site.yaml:19:9 phones[1].id: "1001" is already used by phones[0]',
    ]);
  });

  it('reports every fault at once', () => {
    const text = good.replace('number: 700', 'number: seven').replace('a-long-password', 'short');
    expect(faults(text).map((fault) => fault.line)).to.deep.equal([4, 18]);
  });

  it('refuses duplicate keys, tabs, broken quotes and a second document, with their lines', () => {
    expect(lines(good.replace('  name: Test', '  name: Test\n  name: Again'))).to.deep.equal([
      'site.yaml:3:3 this key stands here twice',
    ]);
    expect(faults(good.replace('  name: Test', '\tname: Test'))[0]?.line).to.equal(2);
    expect(faults(good.replace('Main queue', '"Main queue'))[0]?.line).to.be.greaterThan(8);
    expect(lines(`${good}---\nsite: 1\n`)[0]).to.match(/^site\.yaml:19:\d+ a site is one document/);
  });

  it('refuses aliases, a bomb of them, deep nesting and large files', () => {
    expect(
      lines(good.replace('name: Test', 'name: &a Test').replace('name: Anna', 'name: *a')),
    ).to.deep.equal(['site.yaml:12:11 write the value out: "*a" cannot be followed here']);
    const bomb = Array.from({ length: 12 }, (_, i) =>
      i === 0
        ? 'k0: &a0 [x]'
        : `k${i}: &a${i} [${Array(10)
            .fill(`*a${i - 1}`)
            .join(', ')}]`,
    );
    expect(faults(bomb.join('\n'))[0]?.message).to.contain('write the value out');
    for (const deep of ['['.repeat(200_000), '{a: '.repeat(10_000), '- '.repeat(20_000), '? '.repeat(20_000)])
      expect(lines(deep)[0]).to.match(/^site.yaml:1:\d+ the file is nested too deeply/);
    const stairs = Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
    expect(lines(stairs)).to.deep.equal(['site.yaml:66:1 the file is nested too deeply from here']);
    expect(faults('#'.repeat(maxSiteBytes + 1))[0]?.message).to.equal('the file is larger than 5 MB');
  });

  it('refuses an empty file and one that is not a map', () => {
    expect(faults('')).to.have.length.greaterThan(0);
    expect(faults('- 1')).to.have.length.greaterThan(0);
    expect(faults('just text')).to.have.length.greaterThan(0);
  });

  it('refuses a damaged or costly PIN hash', () => {
    const dear = 'scrypt$4194304$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    expect(lines(good.replace('pin: 0123', `pin: ${dear}`))[0]).to.contain('agents[0].pin: this PIN hash');
    expect(lines(good.replace('pin: 0123', 'pin: scrypt$1'))[0]).to.contain('site.yaml:13:10');
  });

  it('never throws, whatever the text', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (noise) => {
        expect('faults' in parseSite(noise)).to.equal(true);
      }),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.nat(good.length), fc.string({ maxLength: 5 }), (at, noise) => {
        parseSite(good.slice(0, at) + noise + good.slice(at));
      }),
      { numRuns: 150 },
    );
  });
});

describe('formatSite', () => {
  it('gives a text that reads back as the same site, always the same', () => {
    const first = site(good);
    const text = formatSite(first);
    expect(site(text)).to.deep.equal(first);
    expect(formatSite(site(text))).to.equal(text);
  });

  it('keeps what YAML would misread: leading zeros, plus signs, colons, quotes, other alphabets', () => {
    const first = site(good);
    const agent = first.agents[0];
    const number = first.numbers[0];
    if (!agent || !number) throw new Error('the fixture has an agent and a number');
    const hard: Site = {
      ...first,
      numbers: [
        { ...number, number: '+390612345' },
        { ...number, number: '0700' },
      ],
      agents: [{ ...agent, name: "O'Neill: \"the\" #1 'Анна'" }],
      hours: [
        {
          id: '1e3',
          timeZone: 'Europe/Rome',
          open: [{ days: ['mon', 'fri'], from: '09:00', to: '24:00' }],
          closedOn: ['2026-12-25'],
        },
      ],
      prompts: [{ id: 'null', text: { en: 'yes\nno: maybe', ru: 'Да' } }],
    };
    expect(site(formatSite(hard))).to.deep.equal(hard);
  });

  it('explains each section and writes short lists on one line', () => {
    const text = formatSite(site(good));
    expect(text).to.match(/^# The whole contact centre/);
    expect(text).to.contain('\n# Where callers wait. Times are in seconds.\nqueues:\n');
    expect(text).to.contain('queues: [ main ]');
    expect(text).to.contain('serviceLevel: { percent: 80, withinSec: 20 }');
  });
});

describe('secureSite', () => {
  it('leaves no password and no PIN in clear text', async () => {
    const secured = await secureSite(site(good));
    expect(formatSite(secured)).not.to.contain('a-long-password');
    expect(formatSite(secured)).not.to.contain('0123');
    const h = (algorithm: string) =>
      createHash(algorithm).update('1001:hearthline:a-long-password').digest('hex');
    expect(secured.phones[0]).to.deep.equal({ id: '1001', digest: { md5: h('md5'), sha256: h('sha256') } });
  });

  it('verifies the PIN behind its hash and nothing else', async () => {
    const stored = (await secureSite(site(good))).agents[0]?.pin ?? '';
    expect(stored).to.match(/^scrypt\$4096\$8\$1\$[\w-]+\$[\w-]+$/);
    expect(await verifyPin(stored, '0123')).to.equal(true);
    expect(await verifyPin(stored, '123')).to.equal(false);
    expect(await verifyPin('0123', '0123')).to.equal(false);
    expect(await verifyPin('', '')).to.equal(false);
  });

  it('changes nothing the second time, so that an export can be imported again', async () => {
    const once = await secureSite(site(good));
    expect(await secureSite(site(formatSite(once)))).to.deep.equal(once);
  });
});
