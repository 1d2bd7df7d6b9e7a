/** Five hundred displays on real sockets: all see the same, without a gap, within a bound. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocketServer } from 'ws';
import { createLiveHub } from '../../../../server/api/live-hub.ts';
import { until } from '../../../support/until.ts';
import { emptyFloor } from './live-trees.ts';
import { openScreen } from './screen.ts';
import type { Screen } from './screen.ts';

const displayCount = 500;
const changeCount = 40;

describe('five hundred displays', function () {
  this.timeout(60_000);

  it('follow forty changes at full speed', async () => {
    const floor = emptyFloor();
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const hub = createLiveHub({
      source: {
        board: () => floor.tree.board,
        floor: () => floor.tree,
        part: (of) => floor.part(of),
        eventAt: () => floor.eventAt,
      },
      clock: { now: Date.now, monotonicMs: () => performance.now() },
      logger,
    });
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    const server = createServer();
    let displayId = 0;
    server.on('upgrade', (req, socket, head) =>
      sockets.handleUpgrade(req, socket, head, (live) => {
        hub.add(live, 'board', { kind: 'display', id: `d${displayId++}` });
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const screens: Screen[] = [];
    try {
      for (let lot = 0; lot < displayCount / 50; lot += 1)
        screens.push(...(await Promise.all(Array.from({ length: 50 }, () => openScreen(url)))));
      const first = screens[0];
      for (let change = 1; change <= changeCount; change += 1) {
        const before = first?.n ?? 0;
        floor.setWaiting(change);
        hub.notify();
        await until(`change ${change}`, () => (first?.n ?? 0) > before, 5000);
      }
      await until('all have the last', () => screens.every((screen) => screen.n === first?.n), 5000);
      for (const screen of screens) {
        expect(screen.gaps).to.equal(0);
        expect(screen.closeCode).to.equal(undefined);
        expect(screen.tree).to.deep.equal(floor.tree.board);
      }
      expect(hub.metricsText()).to.include(`hearthline_live_sockets{scope="board"} ${displayCount}`);
    } finally {
      for (const screen of screens) screen.socket.terminate();
      hub.close();
      sockets.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
