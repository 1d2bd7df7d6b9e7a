/** Boards of twenty widgets of every kind, and what they read beside the live figures. */
import type { BoardSources } from '../../../server/app/boards/ports.ts';
import { boardSchema, type Board, type BoardRow } from '../../../server/contract/boards.ts';
import type { FigureSource } from '../../../server/stats/figure-source.ts';

function boardOf(index: number, queueCount: number): Board {
  const queueId = (at: number) => `q${at % queueCount}`;
  const scopes = [`queue:${queueId(index)}`];
  const numbers = [
    'waiting',
    'oldest-waiting',
    'answered',
    'abandoned',
    'asa',
    'aht',
    'agents-ready',
    'rona',
  ].map((name, at) => ({
    kind: 'number',
    figure: name,
    scopes: at % 2 ? scopes : ['site'],
    window: 'rolling-15',
  }));
  const gauges = ['service-level', 'asa', 'occupancy'].map((name) => ({
    kind: 'gauge',
    figure: name,
    scopes,
  }));
  const widgets = [
    ...numbers,
    ...gauges,
    { kind: 'queues', figures: ['waiting', 'oldest-waiting', 'service-level', 'answered', 'abandoned'] },
    { kind: 'agents', queues: [queueId(index), queueId(index + 1)] },
    { kind: 'agent-states' },
    { kind: 'waiters' },
    { kind: 'callbacks' },
    { kind: 'channels' },
    { kind: 'intraday', figure: 'offered', scopes },
    { kind: 'clock' },
    { kind: 'alerts' },
  ];
  const placed = widgets.map((widget, x) => ({ ...widget, widgetId: `w${x}`, x, y: 0, w: 1, h: 12 }));
  return boardSchema.parse({ name: `Board ${index}`, widgets: placed });
}

export const boardRow = (index: number, queueCount: number): BoardRow => ({
  boardId: `board_${index}`,
  version: 1,
  board: boardOf(index, queueCount),
  updatedAt: 0,
  updatedBy: 'ann',
});

export function sourcesOf({ figures }: { figures: FigureSource }): BoardSources {
  const series = { starts: [0, 1, 2], today: [1, 2, null], yesterday: [1, 2, 3], lastWeek: [1, 2, 3] };
  return {
    figures,
    intraday: { series: () => series },
    alerts: () => ({}),
    site: {
      channels: () => ['voice', 'chat'],
      agentTeam: () => undefined,
      nameOf: () => undefined,
      showsAgentNames: () => false,
    },
  };
}
