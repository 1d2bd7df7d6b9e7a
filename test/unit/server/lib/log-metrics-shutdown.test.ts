import { expect } from 'chai';
import { AppError, isAppError } from '../../../../server/lib/app-error.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { createMetrics } from '../../../../server/lib/metrics.ts';
import { measureLoopLag } from '../../../../server/lib/loop-lag.ts';
import { createShutdown } from '../../../../server/lib/shutdown.ts';

function capture(options: { isPiiShown?: boolean } = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  return { lines, logger: createLogger('test', 'info', { ...options, destination }) };
}

describe('log', () => {
  it('keeps personal data out, however deep it is', () => {
    const { lines, logger } = capture();
    logger.info({ pii: { from: '+39055' }, call: { pii: '+39055', deep: { pii: '+39055' } } }, 'call');
    // The time of a line may have any figures.
    expect(JSON.stringify(lines.map((line) => ({ ...line, time: 0 })))).to.not.contain('39055');
    expect(lines[0]).to.include({ msg: 'call', name: 'test', pii: '[redacted]' });
  });

  it('shows it only where that was asked for', () => {
    const { lines, logger } = capture({ isPiiShown: true });
    logger.info({ pii: { from: '+39055' } }, 'call');
    expect(lines[0]!['pii']).to.deep.equal({ from: '+39055' });
  });
});

describe('AppError', () => {
  it('carries its code, status and details', () => {
    const error = new AppError('not-found', 404, 'no such thing', { id: 'x' });
    expect(error).to.be.instanceOf(Error).and.to.include({ code: 'not-found', status: 404 });
    expect(isAppError(error)).to.equal(true);
    expect(isAppError(error, 'conflict')).to.equal(false);
    expect(isAppError(new Error('not-found'), 'not-found')).to.equal(false);
  });
});

describe('metrics', () => {
  it('are Prometheus text', () => {
    const metrics = createMetrics();
    const calls = metrics.counter('calls_total', 'Calls');
    calls.inc();
    calls.inc(2, { queue: 'a "b"\\\n', way: 'in' });
    const waiting = metrics.gauge('waiting', 'Waiting now');
    metrics.onCollect(() => waiting.set(7));
    const wait = metrics.histogram('wait_seconds', 'Wait', [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 3]) wait.observe(value, { queue: 'x' });
    expect(metrics.text()).to.equal(`# HELP calls_total Calls
# TYPE calls_total counter
calls_total 1
calls_total{queue="a \\"b\\"\\\\\\n",way="in"} 2
# HELP waiting Waiting now
# TYPE waiting gauge
waiting 7
# HELP wait_seconds Wait
# TYPE wait_seconds histogram
wait_seconds_bucket{queue="x",le="0.1"} 2
wait_seconds_bucket{queue="x",le="1"} 3
wait_seconds_bucket{queue="x",le="+Inf"} 4
wait_seconds_sum{queue="x"} 3.65
wait_seconds_count{queue="x"} 4
`);
    expect(() => metrics.gauge('waiting', 'again')).to.throw('already');
    expect(() => metrics.gauge('not ok', 'x')).to.throw('not a metric name');
  });

  it('tell how late the event loop is', async () => {
    const metrics = createMetrics();
    const lag = measureLoopLag(metrics);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const endAt = performance.now() + 150;
    while (performance.now() < endAt);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const worst = /^hearthline_loop_delay_max_seconds (\S+)/m.exec(metrics.text())?.[1];
    expect(Number(worst)).to.be.within(0.08, 5);
    lag.stop();
  });
});

describe('shutdown', () => {
  it('stops the last first, each within its bound, whatever one of them does', async () => {
    const { lines, logger } = capture();
    const order: string[] = [];
    const shutdown = createShutdown(logger, { partBoundMs: 50 });
    shutdown.add('first', () => void order.push('first'));
    shutdown.add('hangs', () => {
      order.push('hangs');
      return new Promise<void>(() => undefined);
    });
    shutdown.add('throws', () => {
      order.push('throws');
      throw new Error('broken');
    });
    const [once, twice] = await Promise.all([shutdown.run('test'), shutdown.run('again')]);
    expect([once, twice]).to.deep.equal([false, false]);
    expect(order).to.deep.equal(['throws', 'hangs', 'first']);
    expect(lines.map((line) => line['msg'])).to.deep.equal([
      'shutting down',
      'part failed to stop',
      'part did not stop in time',
      'shut down',
    ]);
  });

  it('is clean when everything stopped', async () => {
    const shutdown = createShutdown(createLogger('test', 'silent'));
    shutdown.add('quick', () => Promise.resolve());
    expect(await shutdown.run('test')).to.equal(true);
  });
});
