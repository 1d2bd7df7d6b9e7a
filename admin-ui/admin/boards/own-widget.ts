/**
 * Boards of somebody limited to some teams and queues: which kinds of widgets can be of a part of the site, and how a new one
 * begins there. For showing alone; the server says what may be kept (server/app/boards/board-within.ts).
 */
import type { Widget, WidgetKind } from '../../../server/contract/boards.ts';
import type { NamedView } from '../../../server/contract/user-view.ts';

const ofHouse: ReadonlySet<WidgetKind> = new Set<WidgetKind>([
  'agent-states',
  'callbacks',
  'channels',
  'alerts',
]);

export function isOwnKind(kind: WidgetKind, view: NamedView | undefined): boolean {
  if (!view) return true;
  if (kind === 'queues' || kind === 'waiters') return view.queues.length > 0;
  return kind === 'agents' ? view.teams.length > 0 : !ofHouse.has(kind);
}

/** The first of what it may be asked of; `site` for whoever sees it all. */
export function homeScope(view: NamedView | undefined): string {
  const [queue, team] = [view?.queues[0], view?.teams[0]];
  return queue ? `queue:${queue.id}` : team ? `team:${team.id}` : 'site';
}

/** With its own queues or teams filled in, where it would otherwise show all. */
export function ownWidget(widget: Widget, view: NamedView | undefined): Widget {
  if (!view) return widget;
  const ids = (list: NamedView['queues']) => list.map(({ id }) => id);
  switch (widget.kind) {
    case 'number':
    case 'gauge':
    case 'intraday':
      return { ...widget, scopes: [homeScope(view)] };
    case 'queues':
    case 'waiters':
      return { ...widget, queues: ids(view.queues).slice(0, 50) };
    case 'agents':
      return { ...widget, teams: ids(view.teams).slice(0, 50) };
    default:
      return widget;
  }
}
