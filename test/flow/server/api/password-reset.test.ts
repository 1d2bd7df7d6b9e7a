/** A password reset, on the machine itself and by the page of users: the lock-out of the name is lifted, everywhere, and open screens are cut. */
import { expect } from 'chai';
import { resetPassword, type PasswordReset } from '../../../../server/auth/password-reset.ts';
import { until } from '../../../support/until.ts';
import { adminName, adminPassword, startHarness, type Browser, type Harness } from './harness.ts';
import { openScreen } from './screen.ts';

describe('resetting a password on the machine itself', function () {
  this.timeout(60_000);
  let house: Harness;
  before(async () => {
    house = await startHarness();
    await house.admin();
  });
  after(() => house?.stop());
  /** All tries here come from one address, which must not be what refuses them. */
  const forgiveAddress = () => house.deps.access.tries.forgive('address:127.0.0.1');
  afterEach(async () => {
    house.clock.offsetMs = 0;
    await forgiveAddress();
  });

  const endSessionsOf = (userId: string) => house.http.endSessionsOf(userId);
  const reset = (name: string): Promise<PasswordReset> =>
    resetPassword({ ...house.deps.access, audit: house.deps.audit, endSessionsOf }, name, 'local');
  const signIn = (username: string, password: string, browser: Browser = house.browser()) =>
    browser.call('POST', '/api/session', { username, password });
  /** Each try waits for the delay of the one before, so that the last delay is a long one. */
  async function lockOut(...names: string[]): Promise<void> {
    for (let turn = 0; turn < 11; turn += 1) {
      if (turn > 0) house.clock.offsetMs += 61_000;
      for (const name of names) expect((await signIn(name, 'not this password')).status).to.equal(401);
    }
    for (const name of names)
      expect((await signIn(name, 'not this password')).status, `${name} is locked out`).to.equal(429);
  }
  async function untilLockedOut(name: string): Promise<void> {
    for (let turn = 0; turn < 12; turn += 1)
      if ((await signIn(name, 'not this password')).status === 429) return;
    throw new Error(`${name} is not locked out`);
  }
  const locksOf = async (name: string) =>
    (await house.deps.audit.list(200)).filter(
      ({ action, target }) => action === 'sign-in.locked-out' && target === `user:${name}`,
    ).length;

  for (const [where, hasSignedIn] of [
    ['at the desk where the user signs in', true],
    ['where nobody of that name ever signed in', false],
  ] as const)
    it(`lifts the lock-out of the name ${where}, and of no other`, async () => {
      const [name, other] = hasSignedIn ? ['vera', 'vito'] : ['nora', 'nino'];
      const admin = await house.admin();
      for (const username of [name, other]) {
        const made = await admin.call('POST', '/api/users', { username, role: 'viewer' });
        const password = String(made.json['oneTimePassword']);
        if (hasSignedIn) expect((await signIn(username, password)).status).to.equal(200);
      }
      await lockOut(name, other);
      const done = await reset(name);
      if (done.outcome !== 'reset') throw new Error(done.outcome);
      expect((await signIn(name, done.oneTimePassword)).status, 'at once').to.equal(200);
      expect((await signIn(other, 'not this password')).status, 'the other').to.equal(429);
      await forgiveAddress();
      const told = await locksOf(name);
      await untilLockedOut(name);
      expect(await locksOf(name), 'a new lock is told anew').to.equal(told + 1);
    });

  it('lifts it by the page of users too', async () => {
    const admin = await house.admin();
    const made = await admin.call('POST', '/api/users', { username: 'piera', role: 'viewer' });
    const { userId } = made.json['user'] as unknown as { userId: string };
    await lockOut('piera');
    await forgiveAddress();
    const renewed = await (await house.admin()).call('POST', `/api/users/${userId}/password`, {});
    expect(renewed.status).to.equal(200);
    expect((await signIn('piera', String(renewed.json['oneTimePassword']))).status).to.equal(200);
  });

  it('ends sessions, cuts their screens, and tells the trail without the password', async () => {
    const browser = await house.admin();
    const ticket = async () => {
      const { json } = await browser.call('POST', '/api/live-ticket', { scope: 'floor' });
      return `ws://127.0.0.1:${house.port}${String(json['url'])}`;
    };
    const screen = await openScreen(await ticket(), { origin: house.origin });
    const unused = await ticket();
    const done = await reset(adminName);
    if (done.outcome !== 'reset') throw new Error(done.outcome);
    expect(done.ended).to.be.greaterThan(0);
    expect((await browser.call('GET', '/api/session')).status).to.equal(401);
    await until('the open screen is cut', () => screen.closeCode !== undefined);
    expect(screen.messages.at(-1)).to.deep.equal({ type: 'revoked' });
    expect((await openScreen(unused, { origin: house.origin })).refusedWith, 'a ticket').to.equal(403);
    expect((await signIn(adminName, adminPassword)).status).to.equal(401);
    const [entry] = (await house.deps.audit.list(20)).filter(
      ({ action }) => action === 'user.password-reset',
    );
    expect(entry).to.include({ actor: 'local', target: `user:${adminName}` });
    expect(JSON.stringify(await house.deps.audit.list(200))).not.to.include(done.oneTimePassword);
  });

  it('changes nothing while Redis is away, nor of who is unknown or switched off', async () => {
    const { users } = house.deps.access;
    const hashOf = async (name: string) => (await users.byUsername(name))?.passwordHash;
    const before = await hashOf('vera');
    const { access, audit } = house.deps;
    const liftLockOut = () => Promise.reject(new Error('Redis is away'));
    const failed: unknown = await resetPassword(
      { ...access, signIn: { liftLockOut }, audit, endSessionsOf },
      'vera',
      'local',
    ).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    expect(await hashOf('vera')).to.equal(before);
    await users.update((await users.byUsername('vera'))!.id, { isDisabled: true });
    expect(await reset('vera')).to.deep.equal({ outcome: 'switched-off' });
    expect(await hashOf('vera')).to.equal(before);
    expect(await reset('nobody')).to.deep.equal({ outcome: 'not-found' });
  });
});
