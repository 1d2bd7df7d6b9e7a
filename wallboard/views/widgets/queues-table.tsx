/**
 * One row a queue, one column a figure. What does not fit turns: rows first, then columns, the queue's name staying. Shares
 * of service level and the longest wait are judged by the queue's own target, as on the standard board.
 */
import type { QueueRowData } from '../../../server/contract/boards.ts';
import { figureFacts, type FigureName } from '../../../server/contract/figure-facts.ts';
import { figureName, windowName } from '../../../admin-ui/shared/figure-names.ts';
import { figureText } from '../../../admin-ui/shared/figure-text.ts';
import { pageOf } from '../../live/pages.ts';
import { leastTypeRem, type Screen, type WidgetProps } from '../../live/screen.ts';
import { widthOf } from '../../live/text-fit.ts';
import { fallingLevel, risingLevel, serviceLevelPair, waitPair, type Level } from '../../live/thresholds.ts';
import { LevelShape } from '../shapes.tsx';
import { Frame, layHead, rem, listHeadRem } from './frame.tsx';
import { ListHead, Nothing, pageRem, pageText } from './turning.tsx';

const typeRem = 0.25;
const rowEm = 1.5;
const roomiest = 1.5;
const cellPadEm = 0.7;
const nameShare = 0.3;
const nameLeastRem = 1.9;
const namePadRem = 0.25;
/** em of a name for which the type gives way; what is longer may be cut. */
const nameMostEm = 13;

function cellLevel(figure: FigureName, value: number | undefined, row: QueueRowData, nowMs: number): Level {
  if (value === undefined) return 'calm';
  if (figure.startsWith('service-level'))
    return fallingLevel(value * 100, serviceLevelPair(row.targetPercent, {}));
  if (figure === 'oldest-waiting') return risingLevel((nowMs - value) / 1000, waitPair(row.targetSec, {}));
  return 'calm';
}

/** The widest thing that a column will hold in a month. */
const widest: Record<string, string> = {
  count: '0 000',
  ms: '00:00',
  since: '00:00',
  share: '100 %',
  'per-hour': '000,0',
};

function columnRem(figure: FigureName, screen: Screen, type: number): number {
  const head = widthOf(figureName(screen.formats.language, figure, 'short'), 500);
  const value = widthOf(widest[figureFacts(figure).unit] ?? '0000', 600);
  const hasShape = figure.startsWith('service-level') || figure === 'oldest-waiting';
  return (Math.max(head, value + (hasShape ? 1.1 : 0)) + cellPadEm) * type;
}

interface Columns {
  type: number;
  pages: FigureName[][];
}

const sumOf = (figures: readonly FigureName[], screen: Screen, type: number) =>
  figures.reduce((sum, figure) => sum + columnRem(figure, screen, type), 0);

/** In `count` pages of much the same size. */
function split(figures: readonly FigureName[], count: number): FigureName[][] {
  const each = Math.ceil(figures.length / count);
  return Array.from({ length: Math.ceil(figures.length / each) }, (_, index) =>
    figures.slice(index * each, (index + 1) * each),
  );
}

/**
 * All columns at once if need be in smaller type, as long as that is read from afar; else they turn. `names`: em of the widest
 * name, which is left whole rather than the type large.
 */
function layColumns(
  figures: readonly FigureName[],
  names: number,
  width: number,
  screen: Screen,
  most: number,
): Columns {
  const least = leastTypeRem * Math.min(1, screen.zoom);
  const room = width - Math.min(width * 0.5, nameLeastRem * Math.min(1, screen.zoom));
  for (let count = 1; count <= figures.length; count += 1) {
    const pages = split(figures, count);
    const widest = Math.max(...pages.map((page) => sumOf(page, screen, 1)));
    const type = Math.min(most, room / widest);
    const roomy = (width - namePadRem) / (widest + Math.min(names, nameMostEm));
    if (type >= least) return { type: Math.max(least, Math.min(type, roomy)), pages };
  }
  return { type: least, pages: split(figures, figures.length) };
}

/** The name gets what it needs, the columns share the rest; px-exact, since the table may not choose. */
function layWidths(
  figures: readonly FigureName[],
  names: number,
  width: number,
  screen: Screen,
  type: number,
) {
  const needed = sumOf(figures, screen, type);
  const name = Math.max(
    Math.min(names * type + namePadRem, width - needed),
    Math.min(width * nameShare, width - needed),
  );
  const spare = Math.max(0, width - name - needed) / figures.length;
  return { name, of: (figure: FigureName) => columnRem(figure, screen, type) + spare };
}

interface RowProps {
  row: QueueRowData;
  figures: readonly FigureName[];
  screen: Screen;
  nowMs: number;
}

function Row({ row, figures, screen, nowMs }: RowProps) {
  return (
    <tr>
      <th scope="row" data-given>
        {row.name}
      </th>
      {figures.map((figure) => {
        const value = row.values[figure];
        const level = cellLevel(figure, value, row, nowMs);
        return (
          <td key={figure} class={`level-${level}`}>
            {level !== 'calm' && <LevelShape level={level} />}
            {figureText(screen.formats, figure, value, nowMs)}
          </td>
        );
      })}
    </tr>
  );
}

export function QueuesTable({
  widget,
  data,
  screen,
  box,
}: WidgetProps<'queues', Record<string, QueueRowData>>) {
  const { words, formats, zoom } = screen;
  const { language } = formats;
  const sec = screen.clock.value;
  const rows = Object.entries(data ?? {}).sort(
    ([idA, a], [idB, b]) => a.name.localeCompare(b.name, language) || idA.localeCompare(idB),
  );
  const hasWindow = widget.figures.some((figure) => figureFacts(figure).over === 'window');
  const title = `${words.queuesTitle}${hasWindow ? ` · ${windowName(language, widget.window, 'short')}` : ''}`;
  const head = layHead(
    { width: box.width - pageRem(screen), height: box.height },
    screen,
    { given: widget.title, own: [title, words.queuesTitle] },
    listHeadRem * zoom,
  );
  const height = box.height - head.height - 0.04;
  // Few queues stand in larger type, in higher rows.
  const ideal = height / ((rows.length + 1) * rowEm);
  const least = Math.max(leastTypeRem * Math.min(1, zoom), typeRem * zoom);
  const most = Math.max(least, Math.min(least * roomiest, ideal, box.width / 14));
  const names = Math.max(1, ...rows.map(([, row]) => widthOf(row.name, 500)));
  const { type, pages: columnPages } = layColumns(widget.figures, names, box.width, screen, most);
  const perPage = Math.max(1, Math.floor(height / (rowEm * type)) - 1);
  const rowPages = Math.max(1, Math.ceil(rows.length / perPage));
  const pages = rowPages * columnPages.length;
  const page = pageOf(sec, pages);
  const from = (page % rowPages) * perPage;
  const figures = columnPages[Math.floor(page / rowPages)] ?? [];
  const widths = layWidths(figures, names, box.width, screen, type);
  const rowHeight = Math.min(height / (Math.min(rows.length, perPage) + 1), type * 2.1);
  return (
    <Frame widget={widget}>
      <ListHead head={head} screen={screen} right={pageText(screen, page, pages)} />
      {rows.length === 0 ? (
        <Nothing text={words.queuesNone} screen={screen} />
      ) : (
        <table class="grid-table" style={{ fontSize: rem(type), lineHeight: rem(rowHeight) }}>
          <thead>
            <tr>
              <th scope="col" style={{ width: rem(widths.name) }}>
                {words.queue}
              </th>
              {figures.map((figure) => (
                <th key={figure} scope="col" style={{ width: rem(widths.of(figure)) }}>
                  {figureName(language, figure, 'short')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(from, from + perPage).map(([queueId, row]) => (
              <Row key={queueId} row={row} figures={figures} screen={screen} nowMs={sec * 1000} />
            ))}
          </tbody>
        </table>
      )}
    </Frame>
  );
}
