/** What holds up the event loop: a snapshot of the live figures, and one board's tree, of small and large sites. */
import { BoardTrees } from '../../../server/app/boards/board-tree.ts';
import { LiveFigures } from '../../../server/app/live-figures.ts';
import { figure, note, spread } from '../../support/figures.ts';
import { boardRow, sourcesOf } from './bench-boards.ts';
import { floorLog, startAt } from './floor-log.ts';

const limitMs = 20;

export function measureSnapshots(): void {
  for (const queues of [50, 1000]) measureSite(queues);
}

function measureSite(queues: number): void {
  const { site, stats, log, endAt } = floorLog({ queues, agents: 400, contacts: 20_000, hours: 3 });
  const live = new LiveFigures(stats, site.shifts, startAt);
  for (const event of log) live.apply(event);
  note(`${queues} queues: after ${log.length} events of 3 hours, 400 agents`);
  const keep = () => JSON.stringify(live.toSnapshot());
  figure(`${queues} queues: snapshot`, keep().length, 'bytes');
  spread(`${queues} queues: snapshot taken and written`, times(20, keep), limitMs);
  spread(
    `${queues} queues: of that, taken`,
    times(20, () => live.toSnapshot()),
  );
  const row = boardRow(0, queues);
  const settings = { boards: [row.boardId], rotateSec: 30, zoom: 100 };
  let now = endAt;
  const tree = () => {
    now += 1;
    const [board, floor] = [live.board(now), live.floor(now)];
    const trees = new BoardTrees(sourcesOf(live), { board: () => board, floor: () => floor }, () => row, now);
    return JSON.stringify(trees.tree(settings));
  };
  figure(`${queues} queues: tree of a board`, tree().length, 'bytes');
  spread(`${queues} queues: tree of a board, with what it reads`, times(100, tree), limitMs);
  spread(
    `${queues} queues: of that, the standard board and the floor`,
    times(100, () => [live.board(now), live.floor(now)]),
  );
}

function times(count: number, work: () => unknown): number[] {
  for (let warm = 0; warm < count / 4; warm += 1) work();
  return Array.from({ length: count }, () => {
    const at = performance.now();
    work();
    return performance.now() - at;
  });
}
