/** Agents one by one: who, in which state and for how long; wrap-up counts down. Numbers, unless the site shows names. */
import type { AgentTile } from '../../../server/contract/boards.ts';
import { reasonName, shownState, oneStateWord } from '../../live/agent-words.ts';
import { leastTypeRem, type Box, type Screen, type WidgetProps } from '../../live/screen.ts';
import { fitLine, fitText, widthOf } from '../../live/text-fit.ts';
import { StateShape } from '../shapes.tsx';
import { Frame, layHead, rem, listHeadRem } from './frame.tsx';
import { ListHead, Nothing, pageRem, pageText, turn } from './turning.tsx';

/** Type of a tile at its smallest; a grid with few agents grows to the last of the scales. */
const typeRem = 0.24;
const scales = [2, 1.8, 1.6, 1.45, 1.3, 1.15, 1];
const tileEm = { width: 8.4, height: 2.95, gap: 0.3 };
/** So much higher a tile may be, where less than another row is left under them. */
const highest = 1.3;

interface Grid {
  type: number;
  columns: number;
  rows: number;
}

/** The largest type at which all stand on one page; else the smallest, and pages. */
function layGrid(box: Box, count: number, zoom: number): Grid {
  let grid: Grid = { type: typeRem, columns: 1, rows: 1 };
  for (const scale of scales) {
    const type = Math.max(leastTypeRem * Math.min(1, zoom), typeRem * zoom * scale);
    const fits = (room: number, each: number) =>
      Math.max(1, Math.floor((room + tileEm.gap * type) / ((each + tileEm.gap) * type)));
    grid = { type, columns: fits(box.width, tileEm.width), rows: fits(box.height, tileEm.height) };
    if (grid.columns * grid.rows >= count) break;
  }
  return grid;
}

/** What stands at the right: time in the state; of wrap-up, what is left of it. */
function timer(tile: AgentTile, nowMs: number): { ms: number; leftShare?: number } {
  if (tile.state !== 'wrap-up' || tile.until === undefined) return { ms: nowMs - tile.since };
  const left = Math.max(0, tile.until - nowMs);
  return { ms: left, leftShare: Math.min(1, left / Math.max(1, tile.until - tile.since)) };
}

interface TileProps {
  tile: AgentTile;
  screen: Screen;
  nowMs: number;
  width: number;
  type: number;
}

function Tile({ tile, screen, nowMs, width, type }: TileProps) {
  const { formats, words } = screen;
  const state = shownState(tile.state);
  const { ms, leftShare } = timer(tile, nowMs);
  const time = state === 'logged-out' ? '' : formats.duration(ms);
  const inner = width - 0.9 * type;
  const timeSize = time === '' ? 0 : fitLine(time, inner * 0.5, type * 1.1);
  const timeWidth = time === '' ? 0 : widthOf(time, 600) * timeSize + 0.4 * type;
  const stateSaid = words[oneStateWord[state]];
  // A reason that has no room gives way to its state.
  const word = fitText([tile.reason === undefined ? stateSaid : reasonName(words, tile.reason), stateSaid], {
    width: inner - 1.15 * type,
    most: type,
    least: leastTypeRem * Math.min(1, screen.zoom),
  });
  return (
    <div class={`agent is-${state}`} data-state={state}>
      <p class="agent-line">
        <span
          class="agent-name"
          data-given
          style={{ maxWidth: rem(inner - timeWidth), fontSize: rem(type * 1.1) }}
        >
          {tile.label}
        </span>
        <span
          class={`agent-time ${leftShare === undefined ? '' : 'is-left'}`}
          style={{ fontSize: rem(timeSize) }}
        >
          {time}
        </span>
      </p>
      <p
        class="agent-word"
        style={{ fontSize: rem(word.size) }}
        {...(tile.reason === undefined ? {} : { 'data-given': '' })}
      >
        <StateShape state={state} />
        {word.lines[0]}
      </p>
      {leftShare !== undefined && (
        <i class="agent-left" style={{ transform: `scaleX(${leftShare.toFixed(3)})` }} />
      )}
    </div>
  );
}

/** By label, always: a tile that jumps about cannot be found again from six metres. */
function sorted(data: Record<string, AgentTile>, hasLoggedOut: boolean, language: string) {
  return Object.entries(data)
    .filter(([, tile]) => hasLoggedOut || tile.state !== 'logged-out')
    .sort(
      ([idA, a], [idB, b]) =>
        a.label.localeCompare(b.label, language, { numeric: true }) || idA.localeCompare(idB),
    );
}

export function AgentsGrid({ widget, data, screen, box }: WidgetProps<'agents', Record<string, AgentTile>>) {
  const { words, formats, zoom } = screen;
  const sec = screen.clock.value;
  const all = sorted(data ?? {}, widget.hasLoggedOut, formats.language);
  const head = layHead(
    { width: box.width - pageRem(screen), height: box.height },
    screen,
    { given: widget.title, own: [words.agents] },
    listHeadRem * zoom,
  );
  const gap = 0.06;
  const rest = { width: box.width, height: box.height - head.height - gap };
  const { type, columns, rows } = layGrid(rest, all.length, zoom);
  const { shown, page, pages } = turn(all, columns * rows, sec);
  const width = (rest.width - (columns - 1) * tileEm.gap * type) / columns;
  const each = (rest.height - (rows - 1) * tileEm.gap * type) / rows;
  const height = Math.min(each, tileEm.height * type * (pages > 1 ? highest : 1));
  return (
    <Frame widget={widget}>
      <ListHead head={head} screen={screen} right={pageText(screen, page, pages)} />
      {all.length === 0 && <Nothing text={words.agentsNone} screen={screen} />}
      <div
        class="agent-grid"
        style={{
          fontSize: rem(type),
          gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
          gridAutoRows: rem(height),
          gridGap: rem(tileEm.gap * type),
        }}
      >
        {shown.map(([agentId, tile]) => (
          <Tile key={agentId} tile={tile} screen={screen} nowMs={sec * 1000} width={width} type={type} />
        ))}
      </div>
    </Frame>
  );
}
