/** Agents counted by state, and those who are not ready by reason. */
import type { WidgetData } from '../../../server/contract/boards.ts';
import { agentsShown, shownStates, type ShownState } from '../../../admin-ui/shared/site-figures.ts';
import { reasonName, stateWord } from '../../live/agent-words.ts';
import { leastTypeRem, type Box, type Screen, type WidgetProps } from '../../live/screen.ts';
import { fitText, widthOf } from '../../live/text-fit.ts';
import { StateShape } from '../shapes.tsx';
import { Frame, HeadView, layHead, rem, listHeadRem } from './frame.tsx';

type StatesData = Extract<WidgetData, { kind: 'agent-states' }>['data'];

const labelRem = 0.24;
const reasonRem = 0.26;
const leastCountRem = 0.3;
const shapes = [8, 4, 3, 2, 1];

/** Columns of the eight tiles at which the counts are largest. */
function layTiles(box: Box, { words, zoom }: Screen): { columns: number; count: number } {
  const label = Math.max(...Object.values(stateWord).map((key) => widthOf(words[key], 400)));
  const least = label * leastTypeRem * Math.min(1, zoom);
  let best = { columns: 1, count: 0 };
  for (const columns of shapes) {
    const width = box.width / columns - 0.06;
    if (width < least && columns > 1) continue;
    const height = box.height / Math.ceil(8 / columns) - labelRem * zoom * 1.3;
    // Three digits and the shape beside them.
    const count = Math.min(height / 1.1, width / 2.6, 1.1);
    if (count > best.count * 1.02) best = { columns, count };
  }
  return best;
}

function Tile({ state, count, size, width, screen }: TileProps) {
  const { words, formats, zoom } = screen;
  const label = fitText([words[stateWord[state]]], {
    width,
    most: labelRem * zoom,
    least: leastTypeRem * Math.min(1, zoom),
    weight: 400,
  });
  return (
    <div class={`state-tile ${count === 0 ? 'is-none' : ''}`} data-state={state}>
      <p class="state-count" style={{ fontSize: rem(size) }}>
        <StateShape state={state} />
        <span>{formats.number(count)}</span>
      </p>
      <p class="state-label" style={{ fontSize: rem(label.size) }}>
        {label.lines[0]}
      </p>
    </div>
  );
}
interface TileProps {
  state: ShownState;
  count: number;
  size: number;
  width: number;
  screen: Screen;
}

function Reasons({
  reasons,
  rows,
  width,
  screen,
}: {
  reasons: Record<string, number>;
  rows: number;
  width: number;
  screen: Screen;
}) {
  const { words, formats, zoom } = screen;
  const all = Object.entries(reasons)
    .filter(([, count]) => count > 0)
    .sort(([nameA, a], [nameB, b]) => b - a || nameA.localeCompare(nameB));
  const shown = all.length > rows ? all.slice(0, Math.max(1, rows - 1)) : all;
  const others = all.slice(shown.length).reduce((total, [, count]) => total + count, 0);
  return (
    <div class="state-reasons" style={{ width: rem(width), fontSize: rem(reasonRem * zoom) }}>
      <h3>{words.notReadyReasons}</h3>
      {all.length === 0 && <p class="reasons-none">{words.nobodyNotReady}</p>}
      {shown.map(([reason, count]) => (
        <p key={reason} class="state-reason">
          <span data-given>{reasonName(words, reason)}</span>
          <b>{formats.number(count)}</b>
        </p>
      ))}
      {others > 0 && (
        <p class="state-reason">
          <span>{words.moreReasons}</span>
          <b>{formats.number(others)}</b>
        </p>
      )}
    </div>
  );
}

export function AgentStates({ widget, data, screen, box }: WidgetProps<'agent-states', StatesData>) {
  const { words, zoom } = screen;
  const head = layHead(box, screen, { given: widget.title, own: [words.agents] }, listHeadRem * zoom);
  const rest = { width: box.width, height: box.height - head.height - 0.06 };
  const line = reasonRem * zoom * 1.3;
  const reasonsWidth = Math.max(2.6, widthOf(words.notReadyReasons) * reasonRem + 0.3) * zoom;
  const isBeside = rest.width > reasonsWidth * 2.4;
  const reasonRows = isBeside
    ? Math.floor(rest.height / line) - 1
    : Math.min(4, Math.floor((rest.height * 0.45) / line) - 1);
  const hasRoom = widget.hasReasons && reasonRows >= 2 && rest.width >= reasonsWidth;
  const beside = isBeside
    ? { width: rest.width - reasonsWidth - 0.35, height: rest.height }
    : { width: rest.width, height: rest.height - (reasonRows + 1) * line - 0.12 };
  // Counts before reasons: where both would be small, the reasons go.
  const withReasons = hasRoom ? layTiles(beside, screen) : { columns: 1, count: 0 };
  const hasReasons = withReasons.count >= leastCountRem;
  const tiles = hasReasons ? beside : rest;
  const { columns, count } = hasReasons ? withReasons : layTiles(rest, screen);
  const counts = data ? agentsShown(data.states) : undefined;
  return (
    <Frame widget={widget} head={undefined}>
      <HeadView head={head} />
      <div class={`states ${isBeside ? 'is-beside' : 'is-under'}`}>
        <div
          class="state-tiles"
          style={{
            width: rem(tiles.width),
            height: rem(tiles.height),
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
          }}
        >
          {shownStates.map((state) => (
            <Tile
              key={state}
              state={state}
              count={counts?.[state] ?? 0}
              size={count}
              width={tiles.width / columns - 0.06}
              screen={screen}
            />
          ))}
        </div>
        {hasReasons && (
          <Reasons
            reasons={data?.reasons ?? {}}
            rows={reasonRows}
            width={isBeside ? reasonsWidth + 0.3 : rest.width}
            screen={screen}
          />
        )}
      </div>
    </Frame>
  );
}
