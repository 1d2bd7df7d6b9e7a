/** The widget of each kind, at its place on the grid. Made anew only when its own part of the tree changed. */
import { useMemo } from 'preact/hooks';
import type { NumberData, Widget, WidgetData } from '../../../server/contract/boards.ts';
import { cellsOnScreen, headerShare } from '../../../admin-ui/shared/board-geometry.ts';
import { boxOf, type Box, type Screen } from '../../live/screen.ts';
import { AgentStates } from './agent-states.tsx';
import { AgentsGrid } from './agents-grid.tsx';
import { AlertsList } from './alerts-list.tsx';
import { Clock } from './clock.tsx';
import { Gauge } from './gauge.tsx';
import { Intraday } from './intraday.tsx';
import { News } from './news.tsx';
import { NumberTile } from './number-tile.tsx';
import { QueuesTable } from './queues-table.tsx';
import { Callbacks, Channels, Waiters } from './waiting-lists.tsx';

interface Props {
  widget: Widget;
  data: WidgetData['data'] | undefined;
  screen: Screen;
}
type DataOf<K extends Widget['kind']> = Extract<WidgetData, { kind: K }>['data'] | undefined;
/** The contract keeps a widget's data under its id; its kind is the widget's own. */
const as = <K extends Widget['kind']>(data: WidgetData['data'] | undefined) => data as DataOf<K>;

function Inside({ widget, data, screen, box }: Props & { box: Box }) {
  const rest = { screen, box };
  switch (widget.kind) {
    case 'number':
      return <NumberTile widget={widget} data={data as NumberData | undefined} {...rest} />;
    case 'gauge':
      return <Gauge widget={widget} data={data as NumberData | undefined} {...rest} />;
    case 'agents':
      return <AgentsGrid widget={widget} data={as<'agents'>(data)} {...rest} />;
    case 'agent-states':
      return <AgentStates widget={widget} data={as<'agent-states'>(data)} {...rest} />;
    case 'queues':
      return <QueuesTable widget={widget} data={as<'queues'>(data)} {...rest} />;
    case 'intraday':
      return <Intraday widget={widget} data={as<'intraday'>(data)} {...rest} />;
    case 'waiters':
      return <Waiters widget={widget} data={as<'waiters'>(data)} {...rest} />;
    case 'callbacks':
      return <Callbacks widget={widget} data={as<'callbacks'>(data)} {...rest} />;
    case 'channels':
      return <Channels widget={widget} data={as<'channels'>(data)} {...rest} />;
    case 'news':
      return <News widget={widget} data={undefined} {...rest} />;
    case 'clock':
      return <Clock widget={widget} data={undefined} {...rest} />;
    case 'alerts':
      return <AlertsList widget={widget} data={undefined} {...rest} />;
  }
}

const percent = (share: number) => `${(share * 100).toFixed(4)}%`;

export function WidgetView({ widget, data, screen }: Props) {
  const inside = useMemo(
    () => <Inside widget={widget} data={data} screen={screen} box={boxOf(widget)} />,
    [widget, data, screen],
  );
  const { left, top, width, height } = cellsOnScreen(widget);
  // The grid is a box of its own under the header: shares of the screen become shares of that box.
  const inGrid = 1 - headerShare;
  return (
    <div
      class="place"
      data-widget={widget.widgetId}
      style={{
        left: percent(left),
        top: percent((top - headerShare) / inGrid),
        width: percent(width),
        height: percent(height / inGrid),
      }}
    >
      {inside}
    </div>
  );
}
