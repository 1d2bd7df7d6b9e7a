/** A whole house that tells its SIEM: the site file switches it on, and what happens arrives. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startStack, type Stack } from '../../support/stack.ts';
import { startSyslogReceiver, type SyslogReceiver } from '../../support/syslog-receiver.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { makeTestCertificate } from '../../support/test-certificate.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, WebClient } from '../../support/web-client.ts';

describe('the SIEM of a house', function () {
  this.timeout(60_000);
  let dir = '';
  let stack: Stack | undefined;
  let receiver: SyslogReceiver;
  const told = (messageId: string) => receiver.messages.filter((message) => message.messageId === messageId);
  const untilTold = (messageId: string, count = 1) =>
    until(`${messageId} is told`, () => told(messageId).length >= count, 20_000);

  before(async () => {
    dir = makeTempDir();
    const pair = makeTestCertificate(dir);
    receiver = await startSyslogReceiver({ tls: { cert: pair.certificate, key: pair.key } });
    stack = await startStack({ site: 'site: { name: Bank }\n' });
    writeFileSync(join(stack.dataDir, 'secrets', 'siem-ca.pem'), pair.certificate, { mode: 0o600 });
    await stack.importSite(
      `site: { name: Bank }\nsyslog: { host: localhost, port: ${receiver.port}, ca: siem-ca.pem }\n`,
    );
  });
  after(async () => {
    await stack?.stop();
    await receiver?.close();
    removeTempDir(dir);
  });

  it('is told who signed in, who was refused, and once that somebody is locked out', async () => {
    const { httpUrl } = stack!;
    await firstAdmin(httpUrl, stack!.setupSecret());
    const stranger = new WebClient(httpUrl);
    const statuses: number[] = [];
    const refusals = () => statuses.filter((status) => status === 429).length;
    // A try that is slow to be judged may outlive the delay before it.
    for (let i = 0; i < 9 || (i < 20 && refusals() < 3); i += 1)
      statuses.push(
        (await stranger.call('POST', '/api/session', { username: 'bob', password: 'guess-guess-guess' }))
          .status,
      );
    expect(refusals()).to.be.greaterThan(2);
    await untilTold('setup.completed');
    await untilTold('sign-in.locked-out');
    expect(told('setup.completed')[0]).to.include({ facility: 10 });
    expect(told('setup.completed')[0]?.data['hearthline@32473']).to.include({
      actor: 'user:ada',
      address: '127.0.0.1',
    });
    expect(told('sign-in.refused').length).to.be.greaterThan(3);
    expect(told('sign-in.locked-out')).to.have.length(1);
    expect(told('sign-in.locked-out')[0]?.data['hearthline@32473']).to.include({ by: 'user' });
    expect(JSON.stringify(receiver.messages)).to.not.contain('bob');
  });

  it('is told that a part is gone and back', async () => {
    await stack!.killProcess('sip');
    await untilTold('service.lost');
    await untilTold('service.back');
    expect(told('service.lost')[0]?.data['hearthline@32473']).to.include({
      actor: 'system',
      target: 'part:sip-engine',
    });
  });

  it('is told of a restart, and gets what was written meanwhile; the last thing is the stop', async () => {
    await stack!.killProcess('server');
    await stack!.waitReady();
    await untilTold('service.started');
    expect(told('service.started').at(-1)?.data['hearthline@32473']).to.include({ version: '0.1.0' });
    await stack!.stop();
    stack = undefined;
    await untilTold('service.stopped');
    expect(receiver.faults).to.deep.equal([]);
  });
});
