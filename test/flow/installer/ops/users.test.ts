/** `hearthline users`, and docs/runbook.md, "Nobody can sign in as administrator": the machine itself is the way back. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from '../../../../installer/admin-socket.ts';
import { usersCommand } from '../../../../installer/ops/users.ts';
import type { AuditPage, NewUser, SessionView, UserRow } from '../../../../server/contract/rest.ts';
import { houseIn } from '../../../support/ops.ts';
import { startStack, type Stack } from '../../../support/stack.ts';
import { adminPassword, firstAdmin, WebClient } from '../../../support/web-client.ts';

describe('hearthline users', function () {
  this.timeout(120_000);
  let stack: Stack;
  let said = '';
  const io = { out: (text: string) => void (said = text), error: () => undefined };
  const run = (...args: string[]) => usersCommand(args, houseIn(stack.dataDir), io);
  const refusal = (...args: string[]) =>
    run(...args).then(
      () => 'not refused',
      (error: unknown) => (error instanceof CliError ? error.message : String(error)),
    );
  const signIn = async (username: string, password: string) => {
    const client = new WebClient(stack.httpUrl);
    const { status, body } = await client.call<SessionView>('POST', '/api/session', { username, password });
    return { client, status, body };
  };

  before(async () => {
    stack = await startStack();
  });
  after(() => stack?.stop());

  /** Resets it, and tells the password that was shown. */
  async function reset(name: string): Promise<string> {
    expect(await run('reset', name)).to.equal(0);
    const [, password = ''] = /^New password of \S+: (\S+)$/m.exec(said) ?? [];
    expect(password).to.match(/^(?:[2-9a-hj-km-np-z]{5}-){3}[2-9a-hj-km-np-z]{5}$/);
    return password;
  }

  it('says how the first administrator is made where there is nobody', async () => {
    expect(await run('list')).to.equal(0);
    expect(said).to.match(/^There is no user yet\. The secret in \/.+setup-secret makes the first/);
    expect(await refusal('reset', 'ada')).to.equal('There is no user "ada".');
  });

  it('lets the only administrator in again, who forgot the password', async () => {
    const open = await firstAdmin(stack.httpUrl, stack.setupSecret());
    expect((await signIn('ada', adminPassword)).status, 'the old one, before').to.equal(200);
    const password = await reset('ADA');
    expect(said).to.match(/^The password before is void, and so are the sessions of ada \(2\)\.$/m);

    expect((await open.call('GET', '/api/session')).status, 'the old session').to.equal(401);
    expect((await signIn('ada', adminPassword)).status, 'the old password').to.equal(401);
    const { client, status, body } = await signIn('ada', password);
    expect(status, 'the new one').to.equal(200);
    expect(body.mustChangePassword).to.equal(true);
    expect((await client.call('GET', '/api/users')).status, 'before it is changed').to.equal(403);
    const next = 'a password to remember';
    await client.must('POST', '/api/me/password', { current: password, next });

    const trail = await client.must<AuditPage>('GET', '/api/audit?limit=50');
    const entries = trail.items.filter(({ action }) => action === 'user.password-reset');
    expect(entries).to.have.length(1);
    expect(entries[0]).to.include({ actor: 'local', target: 'user:ada' });
    expect(JSON.stringify(trail), 'the trail').not.to.include(password);
    const logDir = join(stack.dataDir, 'log');
    expect(existsSync(join(logDir, 'server.log'))).to.equal(true);
    for (const file of readdirSync(logDir))
      expect(readFileSync(join(logDir, file), 'utf8').includes(password), file).to.equal(false);
    expect((await signIn('ada', next)).status).to.equal(200);
  });

  it('lists who may sign in, without anything secret', async () => {
    const { client: admin } = await signIn('ada', 'a password to remember');
    const { user } = await admin.must<NewUser>('POST', '/api/users', { username: 'bob', role: 'admin' });
    await admin.must<UserRow>('PATCH', `/api/users/${user.userId}`, { isDisabled: true });
    expect(await run('list')).to.equal(0);
    const [head, ...rows] = said.split('\n');
    expect(head).to.match(/^name +role +state +last sign-in$/);
    expect(rows[0]).to.match(/^ada +admin +active +\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
    expect(rows[1]).to.match(/^bob +admin +switched off +-$/);
    expect(rows).to.have.length(2);
  });

  it('refuses who is switched off, and an unknown name, and lists nobody with it', async () => {
    expect(await refusal('reset', 'bob'))
      .to.match(/^bob is switched off, .+ on the page Users\./)
      .and.not.include('ada');
    for (const name of ['nobody', '../maintenance/off', "x' or '1'='1", 'a\nb'])
      expect(await refusal('reset', name)).to.equal(`There is no user "${name}".`);
    expect(await refusal('reset', 'x'.repeat(101))).to.match(/1 to 100 characters/);
    expect((await signIn('ada', 'a password to remember')).status, 'nothing was changed').to.equal(200);
  });

  it('refuses what it does not know', async () => {
    for (const args of [[], ['forget'], ['reset'], ['reset', 'ada', 'bob'], ['list', 'ada']])
      expect(await refusal(...args), args.join(' ')).to.match(/^Usage:/);
    expect(await refusal('list', '--all')).to.match(/Unknown option '--all'/);
  });

  it('says so where nothing runs', async () => {
    const elsewhere = houseIn(join(stack.dataDir, 'nothing'));
    const error: unknown = await usersCommand(['reset', 'ada'], elsewhere, io).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(CliError);
    expect((error as CliError).message).to.match(/^Hearthline is not running from /);
  });
});
