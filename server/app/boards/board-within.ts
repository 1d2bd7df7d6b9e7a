/**
 * Whether a board shows nothing but what somebody limited to some teams and queues sees: each widget has to name its queues,
 * teams or agents, and all of them must be theirs. What shows the whole house (alerts, callbacks, channels, agents by state) is
 * not for their boards. Pure; what is in view is said by server/auth/view.ts.
 */
import type { View } from '../../auth/view.ts';
import type { Board, Widget } from '../../contract/boards.ts';
import type { FigureName } from '../../contract/figures.ts';

/** Counted over the house, whatever it is asked for. */
const ofWholeHouse: ReadonlySet<FigureName> = new Set<FigureName>(['unreachable-phones']);
export const isFigureWithin = (figure: FigureName, scope: string, view: View): boolean =>
  view.hasScope(scope) && !(view.within && ofWholeHouse.has(figure));

const named = (ids: readonly string[] | undefined, isSeen: (id: string) => boolean): boolean =>
  ids !== undefined && ids.length > 0 && ids.every(isSeen);

function isWidgetWithin(widget: Widget, view: View): boolean {
  switch (widget.kind) {
    case 'number':
    case 'gauge':
    case 'intraday':
      return widget.scopes.every((scope) => isFigureWithin(widget.figure, scope, view));
    case 'queues':
      return (
        named(widget.queues, view.hasQueue) && !widget.figures.some((figure) => ofWholeHouse.has(figure))
      );
    case 'waiters':
      return named(widget.queues, view.hasQueue);
    // A queue's agents are of many teams: it is by the team that they are theirs.
    case 'agents':
      return named(widget.teams, view.hasTeam) && (widget.queues ?? []).every(view.hasQueue);
    case 'news':
    case 'clock':
      return true;
    case 'agent-states':
    case 'callbacks':
    case 'channels':
    case 'alerts':
      return false;
  }
}

export const isBoardWithin = ({ widgets }: Board, view: View): boolean =>
  view.within === undefined || widgets.every((widget) => isWidgetWithin(widget, view));
