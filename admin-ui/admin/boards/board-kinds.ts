/**
 * What a widget of each kind is when it is new: its size, the least size at which it can be read from afar, and its first
 * settings. A new widget shows something at once: it is the whole site's, today.
 */
import type { Widget, WidgetKind } from '../../../server/contract/boards.ts';
import type { Cells, Size } from './board-grid.ts';

interface KindFacts {
  size: Size;
  least: Size;
}

/** In the order in which they are offered. */
export const kindFacts: Record<WidgetKind, KindFacts> = {
  number: { size: { w: 6, h: 3 }, least: { w: 3, h: 2 } },
  gauge: { size: { w: 6, h: 4 }, least: { w: 4, h: 3 } },
  queues: { size: { w: 12, h: 6 }, least: { w: 8, h: 3 } },
  intraday: { size: { w: 12, h: 5 }, least: { w: 6, h: 4 } },
  agents: { size: { w: 12, h: 6 }, least: { w: 6, h: 3 } },
  'agent-states': { size: { w: 6, h: 5 }, least: { w: 4, h: 3 } },
  waiters: { size: { w: 6, h: 6 }, least: { w: 5, h: 3 } },
  callbacks: { size: { w: 6, h: 3 }, least: { w: 4, h: 2 } },
  channels: { size: { w: 8, h: 4 }, least: { w: 5, h: 3 } },
  alerts: { size: { w: 6, h: 4 }, least: { w: 5, h: 2 } },
  news: { size: { w: 12, h: 2 }, least: { w: 4, h: 1 } },
  clock: { size: { w: 4, h: 2 }, least: { w: 3, h: 1 } },
};
export const kinds = Object.keys(kindFacts) as WidgetKind[];

export function newWidget(kind: WidgetKind, widgetId: string, cells: Cells, newsText: string): Widget {
  const place = { widgetId, ...cells };
  const asked = { scopes: ['site'], window: 'today', attribution: 'event' } as const;
  switch (kind) {
    case 'number':
      return {
        kind,
        ...place,
        ...asked,
        scopes: ['site'],
        figure: 'waiting',
        hasTrend: true,
        hasSound: false,
      };
    case 'gauge':
      return { kind, ...place, ...asked, scopes: ['site'], figure: 'service-level', hasSound: false };
    case 'agents':
      return { kind, ...place, hasLoggedOut: false };
    case 'agent-states':
      return { kind, ...place, hasReasons: true };
    case 'queues':
      return {
        kind,
        ...place,
        figures: ['waiting', 'oldest-waiting', 'service-level', 'answered', 'abandoned', 'agents-ready'],
        window: 'today',
        attribution: 'event',
      };
    case 'intraday':
      return {
        kind,
        ...place,
        scopes: ['site'],
        figure: 'offered',
        minutes: 30,
        hasYesterday: true,
        hasLastWeek: true,
      };
    case 'waiters':
      return { kind, ...place, rows: 8, hasSound: false };
    case 'callbacks':
    case 'channels':
      return { kind, ...place, hasSound: false };
    case 'news':
      return { kind, ...place, text: newsText, isMoving: false };
    case 'clock':
      return { kind, ...place, hasSeconds: false };
    case 'alerts':
      return { kind, ...place, hasSound: false };
  }
}
