/** The parts of sign-in that need no database: passwords, secrets, short-lived values, addresses, the policy. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ShortLived } from '../../../../server/auth/one-use.ts';
import { createPasswordHasher, defaultCost, faultOfPassword } from '../../../../server/auth/password.ts';
import { isAllowed, permissions, permissionsOf } from '../../../../server/auth/policy.ts';
import {
  inGroups,
  isSameSecret,
  plainCode,
  randomText,
  randomToken,
} from '../../../../server/auth/secrets.ts';
import { createSetupSecret } from '../../../../server/auth/setup-secret.ts';
import { addressKey } from '../../../../server/lib/network.ts';
import { displayCodeAlphabet, roles } from '../../../../server/contract/rest.ts';

const cheap = { logN: 10, r: 8, p: 1 };

describe('passwords', () => {
  const hasher = createPasswordHasher(cheap);
  it('verify against their own hash only, whose parameters stand in it', async () => {
    const hash = (await hasher.hash('correct horse battery')) ?? '';
    expect(hash).to.match(/^scrypt\$10\$8\$1\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/);
    expect(await hasher.verify('correct horse battery', hash)).to.equal(true);
    expect(await hasher.verify('correct horse batterz', hash)).to.equal(false);
    expect(
      await createPasswordHasher({ logN: 11, r: 8, p: 1 }).verify('correct horse battery', hash),
    ).to.equal(true);
    expect(await hasher.hash('correct horse battery'), 'salted').not.to.equal(hash);
  });
  it('are the same in both Unicode forms', async () => {
    const hash = await hasher.hash('caf\u00e9 am Stra\u00dfenrand');
    expect(await hasher.verify('cafe\u0301 am Stra\u00dfenrand', hash)).to.equal(true);
  });
  it('never match an unknown user or a broken hash', async () => {
    for (const hash of [undefined, '', 'scrypt$', 'scrypt$99$8$1$AAAAAAAAAAAAAAAAAAAAAA$x', 'md5$1'])
      expect(await hasher.verify('anything at all', hash)).to.equal(false);
  });
  it('wait in a bounded line', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => hasher.verify('x', undefined)));
    expect(answers.filter((answer) => answer === 'busy')).to.have.length(24);
    expect(await hasher.verify('x', undefined), 'and the line empties').to.equal(false);
  });
  it('cost 128 MB, and do not hold the loop', async () => {
    expect(defaultCost).to.deep.equal({ logN: 17, r: 8, p: 1 });
    let turns = 0;
    let isDone = false;
    const counting = async () => {
      while (!isDone) {
        turns += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const counter = counting();
    await createPasswordHasher().hash('one at full cost');
    isDone = true;
    await counter;
    expect(turns).to.be.greaterThan(3);
  });
  it('that say too little are refused', () => {
    expect(faultOfPassword('quiet-harbour-lantern', 'ada')).to.equal(undefined);
    expect(faultOfPassword('Administrator', 'administrator')).to.be.a('string');
    expect(faultOfPassword('administrator1', 'administrator')).to.be.a('string');
    expect(faultOfPassword('abababababab', 'ada')).to.be.a('string');
    expect(faultOfPassword('abcd efgh ijkl', 'ada', 'ABCD-EFGH-IJKL')).to.be.a('string');
  });
});

describe('secrets', () => {
  it('compare by content', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => isSameSecret(a, b) === (a === b)));
    expect(isSameSecret('same', 'same')).to.equal(true);
  });
  it('carry 256 bits', () => {
    expect(Buffer.from(randomToken(), 'base64url')).to.have.length(32);
    expect(new Set(Array.from({ length: 100 }, randomToken)).size).to.equal(100);
  });
  it('use every letter of their alphabet and no other', () => {
    const text = randomText(displayCodeAlphabet, 20_000);
    expect(new Set(text)).to.deep.equal(new Set(displayCodeAlphabet));
    expect(displayCodeAlphabet).not.to.match(/[01OILU]/);
  });
  it('are read as people type them', () => {
    expect(plainCode(' ab-cd 23 ')).to.equal('ABCD23');
    expect(inGroups('ABCDEFGHIJ', 4)).to.equal('ABCD-EFGH-IJ');
  });
});

describe('the setup secret', () => {
  const stage = () => {
    const kept = new Map<string, unknown>();
    const admin = { isThere: false };
    const secret = createSetupSecret({
      users: { hasAdmin: async () => admin.isThere },
      settings: {
        get: async (key) => kept.get(key),
        set: async (key, value) => void kept.set(key, value),
        remove: async (key) => void kept.delete(key),
      },
      clock: { now: () => 1 },
    });
    return { kept, admin, secret };
  };
  it('has 130 bits in groups, and matches as people read it', async () => {
    const { secret, kept } = stage();
    const text = (await secret.renew()) ?? '';
    expect(text).to.match(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{2}$/);
    expect(await secret.matches(text.toLowerCase().replaceAll('-', ' '))).to.equal(true);
    expect(await secret.matches(text.replaceAll('0', 'o').replaceAll('1', 'l'))).to.equal(true);
    expect(await secret.matches(text.slice(0, -1))).to.equal(false);
    expect(JSON.stringify([...kept])).not.to.include(text.replaceAll('-', ''));
  });
  it('is void once renewed, burnt or unneeded', async () => {
    const { secret, admin } = stage();
    const first = (await secret.renew()) ?? '';
    const second = (await secret.renew()) ?? '';
    expect(await secret.matches(first)).to.equal(false);
    await secret.burn();
    expect(await secret.matches(second)).to.equal(false);
    admin.isThere = true;
    expect(await secret.renew()).to.equal(undefined);
  });
});

describe('short-lived values', () => {
  it('are read once, in time, unless their owner was voided; the oldest go first', () => {
    const clock = { at: 0, now: () => clock.at };
    const tickets = new ShortLived<{ owner: string }>(clock, 100, 3);
    const one = tickets.issue({ owner: 'a' }).token;
    expect(tickets.look(one)).to.deep.equal({ owner: 'a' });
    expect(tickets.redeem(one)).to.deep.equal({ owner: 'a' });
    expect(tickets.redeem(one)).to.equal(undefined);
    const late = tickets.issue({ owner: 'a' }).token;
    clock.at = 100;
    expect(tickets.redeem(late)).to.equal(undefined);
    const [voided, kept] = [tickets.issue({ owner: 'a' }).token, tickets.issue({ owner: 'b' }).token];
    tickets.voidOwner('a');
    expect(tickets.look(voided)).to.equal(undefined);
    expect(tickets.look(kept)).to.deep.equal({ owner: 'b' });
    for (let count = 0; count < 3; count += 1) tickets.issue({ owner: 'c' });
    expect(tickets.look(kept)).to.equal(undefined);
  });
});

describe('addresses', () => {
  for (const [address, key] of [
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ] as const)
    it(`${address} counts as ${key}`, () => {
      expect(addressKey(address)).to.equal(key);
    });
});

describe('the policy', () => {
  it('gives an administrator all, and others what is listed', () => {
    expect(permissionsOf('admin')).to.deep.equal(permissions);
    for (const permission of [
      'site.write',
      'displays.manage',
      'users.manage',
      'users.list',
      'audit.read',
    ] as const) {
      expect(isAllowed('supervisor', permission), permission).to.equal(false);
      expect(isAllowed('viewer', permission), permission).to.equal(false);
    }
    expect(isAllowed('supervisor', 'recordings.listen')).to.equal(true);
    expect(isAllowed('supervisor', 'hours.read')).to.equal(true);
    expect(isAllowed('viewer', 'hours.read')).to.equal(false);
    expect(isAllowed('supervisor', 'fairness.read')).to.equal(true);
    expect(isAllowed('viewer', 'fairness.read')).to.equal(false);
    expect(isAllowed('viewer', 'recordings.listen')).to.equal(false);
    for (const role of roles) expect(isAllowed(role, 'live.watch'), role).to.equal(role !== 'agent');
    // An agent has a desk, and looks at nobody else's.
    expect(permissionsOf('agent')).to.deep.equal(['desk.use']);
    expect(isAllowed('root' as never, 'live.watch')).to.equal(false);
  });
});
