import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cloneHouse, type House } from '../../../../installer/house.ts';
import { doctorCommand } from '../../../../installer/ops/doctor.ts';
import type { Finding } from '../../../../installer/ops/doctor/facts.ts';
import { houseIn } from '../../../support/ops.ts';
import { startStack, type Stack } from '../../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

async function examined(house: House): Promise<{ code: number; findings: Finding[] }> {
  let said = '';
  const code = await doctorCommand(['--json'], house, {
    out: (text) => (said = text),
    error: () => undefined,
  });
  return { code, findings: (JSON.parse(said) as { findings: Finding[] }).findings };
}
/** What a test machine itself may lack. */
const ofTheMachine = /disk of|real-time class|There is no backup|audio ports/;
const wrong = (findings: readonly Finding[]) =>
  findings.filter(({ level, what }) => level !== 'ok' && !ofTheMachine.test(what));

describe('hearthline doctor', function () {
  this.timeout(90_000);
  let stack: Stack;
  let house: House;

  before(async () => {
    stack = await startStack({ autoRestart: false });
    const { first, last } = stack.rtpPorts;
    house = cloneHouse(
      {
        HEARTHLINE_DATA: stack.dataDir,
        HEARTHLINE_HTTP_PORT: String(stack.httpPort),
        HEARTHLINE_SIP_PORT: String(stack.sipPort),
        HEARTHLINE_RTP_PORTS: `${first}-${last}`,
        HEARTHLINE_BIND: '127.0.0.1',
      },
      '/',
    );
    await until('the last part has begun', async () =>
      /"residency":\{"isReady":true/.test(await stack.adminText('/healthz')),
    );
  });
  after(() => stack.stop());

  it('finds nothing wrong in a running house', async () => {
    const { findings } = await examined(house);
    expect(wrong(findings)).to.deep.equal([]);
    const fine = findings.filter(({ level }) => level === 'ok').map(({ what }) => what);
    expect(fine).to.include.members([
      '5 processes run',
      'All parts are ready',
      'Postgres is in order',
      'Redis writes to its file',
    ]);
  });

  it('finds a secret that others may read', async () => {
    const file = join(house.layout.secretsDir, 'sip');
    chmodSync(file, 0o644);
    const { code, findings } = await examined(house);
    chmodSync(file, 0o600);
    expect(code).to.equal(1);
    expect(wrong(findings).map(({ what }) => what)).to.deep.equal([`Others may read ${file}`]);
  });

  it('says what it means that the SIP engine and Redis are gone', async () => {
    await stack.killProcess('sip');
    await stack.killProcess('redis');
    await until('the server has noticed', async () =>
      /"sip-engine":\{"isReady":false\}/.test(await stack.adminText('/healthz')),
    );
    const { code, findings } = await examined(house);
    expect(code).to.equal(1);
    const said = wrong(findings).map(({ what }) => what);
    expect(said).to.include('sip does not run: no call comes in and none can be answered');
    expect(said.join('\n')).to.match(/redis does not run: calls go on that are up/);
    expect(said.join('\n')).to.match(/sip-engine is not ready/);
  });

  it('answers when nothing runs, and in a directory without a house', async () => {
    for (const name of ['server', 'media', 'postgres'] as const) await stack.killProcess(name);
    const dead = await examined(house);
    expect(dead.code).to.equal(1);
    expect(wrong(dead.findings).map(({ what }) => what)).to.deep.equal([
      'Nothing of Hearthline runs: no calls, no pages',
    ]);
    const empty = makeTempDir();
    const none = await examined(houseIn(empty));
    removeTempDir(empty);
    expect(none.code).to.equal(1);
    expect(none.findings[0]!.what).to.match(/^Nothing of Hearthline runs/);
  });
});
