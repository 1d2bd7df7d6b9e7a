/** docs/runbook.md, "The administrator's one-time secret is lost": the next start of the server makes another, and the old one is void. */
import { expect } from 'chai';
import { startStack, type Stack } from '../../support/stack.ts';

describe('a lost one-time secret', function () {
  this.timeout(60_000);
  let stack: Stack;
  before(async () => {
    stack = await startStack({ autoRestart: false });
  });
  after(() => stack?.stop());

  const setUp = async (secret: string) =>
    (
      await fetch(`${stack.httpUrl}/api/setup`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ secret, username: 'rossi', password: 'a long enough password' }),
      })
    ).status;

  it('is another one after a restart of the server', async () => {
    const lost = stack.setupSecret();
    await stack.killProcess('server', 'SIGTERM');
    stack.startProcess('server');
    await stack.waitReady();
    const fresh = stack.setupSecret();
    expect(fresh).to.not.equal(lost);
    expect(await setUp(lost)).to.equal(401);
    expect(await setUp(fresh)).to.equal(201);
  });
});
