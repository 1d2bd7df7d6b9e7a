/** Ports reserved in advance: whose they are, what becomes of them, and calls whose INVITE does not wait for one. */
import { expect } from 'chai';
import { PortReserve } from '../../../sip/call/port-reserve.ts';
import { MediaClient } from '../../../sip/media/client.ts';
import { readStatus } from '../../support/sip-engine.ts';
import { startMediaEngine, stopLeftovers } from '../../support/media-engine.ts';
import { until } from '../../support/until.ts';

/** As the engine's metrics say, counted a few times a second. */
async function hasFree(statusPath: string, count: number): Promise<boolean> {
  const text = await readStatus(statusPath, '/metrics');
  const free = [...text.matchAll(/^hearthline_media_ports_free\{.*\} (\d+)$/gm)].map((m) => Number(m[1]));
  return free.reduce((sum, n) => sum + n, 0) === count;
}

describe('media engine: ports reserved in advance', () => {
  after(() => stopLeftovers());

  it('serves a reserved port to its client alone, once, and takes it back when that client goes', async () => {
    const engine = await startMediaEngine({ workers: 2 });
    const [client, other] = [new MediaClient(), new MediaClient()];
    await client.connect(engine.controlPath);
    await other.connect(engine.controlPath);
    await until('counted', () => hasFree(engine.statusPath, 400));
    const reserved = await client.reserve(8);
    expect(reserved.map((p) => p.worker)).to.deep.equal([0, 0, 0, 0, 1, 1, 1, 1]);
    const { port } = reserved[0]!;
    const attempt = (by: MediaClient, sessionId: string) =>
      by.open({ sessionId, port }).then(
        () => 'opened',
        (error: { code?: string }) => error.code,
      );
    expect(await attempt(other, 'theft')).to.equal('no-ports');
    expect(await client.open({ sessionId: 'a', port })).to.deep.equal({ port });
    expect(await attempt(client, 'b')).to.equal('no-ports');
    expect(await attempt(client, 'a')).to.equal('no-ports');
    expect(await client.list()).to.deep.equal(['a']);
    await until('seven wait', () => hasFree(engine.statusPath, 392));
    client.disconnect();
    await until('the seven are free', () => hasFree(engine.statusPath, 399));
    other.disconnect();
    await engine.stop();
  });

  it('never gives a client more than a share of what is left', async () => {
    const engine = await startMediaEngine({ workers: 2 });
    const client = new MediaClient();
    await client.connect(engine.controlPath);
    expect(await client.reserve(256)).to.have.length(40);
    expect(await client.reserve(256)).to.have.length(36);
    client.disconnect();
    await engine.stop();
  });

  it('gives the port of a session back that could not be opened', async () => {
    const engine = await startMediaEngine();
    const client = new MediaClient();
    await client.connect(engine.controlPath);
    const [first] = await client.reserve(1);
    const remote = { ip: '224.0.0.1', port: 4000 };
    const opening = client.open({ sessionId: 'a', port: first!.port, remote });
    expect(await opening.catch((e: { code: string }) => e.code)).to.equal('bad-remote');
    expect(await client.list()).to.deep.equal([]);
    await until('it is free', () => hasFree(engine.statusPath, 400));
    client.disconnect();
    await engine.stop();
  });

  it('has ports at hand as long as the engine lives, those of the wanted worker where there are such', async () => {
    const engine = await startMediaEngine({ workers: 2 });
    const client = new MediaClient();
    const reserve = new PortReserve(client);
    expect(reserve.take()).to.equal(undefined);
    await client.connect(engine.controlPath);
    const taken: (number | undefined)[] = [];
    await until('one of worker 1', () => taken.push(reserve.take(1)?.worker) > 0 && taken.includes(1), 2000);
    expect(taken).not.to.include(0);
    expect(reserve.take(7)).to.equal(undefined);
    const ports = new Set<number>();
    await until(
      'sixty, over refills',
      () => {
        const port = reserve.take()?.port;
        if (port !== undefined) ports.add(port);
        return ports.size === 60;
      },
      5000,
    );
    client.disconnect();
    await until('none without an engine', () => reserve.take() === undefined);
    await engine.stop();
  });
});
