/** Who waits: the longest ones by queue and channel, callbacks, and each channel. Nobody is named: a wall has no customers. */
import type { ChannelRow, Thresholds, WaiterRow } from '../../../server/contract/boards.ts';
import type { Channel } from '../../../server/contract/events.ts';
import { channelName } from '../../../admin-ui/shared/figure-names.ts';
import { fill, plural } from '../../../admin-ui/shared/words.ts';
import { noFigure } from '../../../admin-ui/shared/figure-text.ts';
import { waitLevel } from '../../live/board-tree.ts';
import { leastTypeRem, type Screen, type WidgetProps } from '../../live/screen.ts';
import { fitLine, fitText, widthOf } from '../../live/text-fit.ts';
import { LevelShape } from '../shapes.tsx';
import { channelOrder, channelPath } from './channel-shape.ts';
import { Chip, chipRem, Frame, HeadView, layHead, Lines, rem, listHeadRem } from './frame.tsx';
import { figureLeading } from './number-tile.tsx';
import { ListHead, Nothing, pageText, pageRem, turn } from './turning.tsx';

const rowRem = 0.36;
const roomiest = 1.7;

export function ChannelShape({ channel }: { channel: Channel }) {
  return (
    <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
      <path d={channelPath[channel]} />
    </svg>
  );
}

/** Rows that fill the height, neither smaller than legible nor larger than calm. */
function layRows(height: number, wanted: number, zoom: number) {
  const least = rowRem * zoom;
  const perPage = Math.max(1, Math.min(wanted, Math.floor(height / least)));
  const row = Math.min(height / perPage, least * roomiest);
  return { perPage, row, type: Math.max(leastTypeRem * Math.min(1, zoom), row * 0.7) };
}

export function Waiters({ widget, data, screen, box }: WidgetProps<'waiters', Record<string, WaiterRow>>) {
  const { words, formats, zoom } = screen;
  const nowMs = screen.clock.value * 1000;
  const all = Object.entries(data ?? {})
    .sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }))
    .slice(0, widget.rows);
  const head = layHead(
    { width: box.width - pageRem(screen), height: box.height },
    screen,
    { given: widget.title, own: [words.waiters] },
    listHeadRem * zoom,
  );
  const height = box.height - head.height - 0.06;
  const {
    perPage,
    row,
    type: wished,
  } = layRows(height, Math.max(all.length, Math.min(widget.rows, 4)), zoom);
  // Smaller type rather than a cut name, as long as it is read from afar.
  const names = Math.max(1, ...all.map(([, { queue }]) => widthOf(queue, 500)));
  const whole = box.width / (names + 2.2 + widthOf('00:00', 600) + (widget.thresholds ? 1.2 : 0));
  const type = Math.min(wished, Math.max(leastTypeRem * Math.min(1, zoom), whole));
  const { shown, page, pages } = turn(all, perPage, screen.clock.value);
  const levels = all.map(([, { since }]) => waitLevel(since, nowMs, widget.thresholds));
  const level = levels.includes('red') ? 'red' : levels.includes('amber') ? 'amber' : 'calm';
  return (
    <Frame widget={widget} level={level}>
      <ListHead head={head} screen={screen} right={pageText(screen, page, pages)} />
      {all.length === 0 && <Nothing text={words.waitersNone} screen={screen} />}
      <div class="rows" style={{ fontSize: rem(type), lineHeight: rem(row) }}>
        {shown.map(([place, waiter]) => {
          const mine = waitLevel(waiter.since, nowMs, widget.thresholds);
          return (
            <p key={place} class={`row level-${mine}`}>
              <ChannelShape channel={waiter.channel} />
              <span class="row-name" data-given>
                {waiter.queue}
              </span>
              <b class="row-value">
                {mine !== 'calm' && <LevelShape level={mine} />}
                {formats.duration(nowMs - waiter.since)}
              </b>
            </p>
          );
        })}
      </div>
    </Frame>
  );
}

export function Callbacks({ widget, data, screen, box }: WidgetProps<'callbacks', ChannelRow>) {
  const { words, formats, zoom } = screen;
  const nowMs = screen.clock.value * 1000;
  const level = waitLevel(data?.oldestSince, nowMs, widget.thresholds);
  const head = layHead(box, screen, { given: widget.title, own: [words.callbacks] }, box.height * 0.4);
  const count = data?.waiting ?? 0;
  const text = formats.number(count);
  const pending = plural(formats.language, words.callbacksPending, count, '').trim();
  const oldest =
    data?.oldestSince === undefined
      ? ''
      : fill(words.oldest, { time: formats.duration(nowMs - data.oldestSince) });
  const note = fitText([oldest === '' ? pending : oldest], {
    width: box.width,
    most: 0.26 * zoom,
    least: leastTypeRem * Math.min(1, zoom),
    weight: 400,
  });
  const chip = widget.thresholds ? chipRem * zoom * 1.3 : 0;
  const noteHeight = note.lines.length * note.size * 1.2;
  const height = Math.max(0.2, box.height - head.height - noteHeight - chip);
  return (
    <Frame widget={widget} level={level}>
      <HeadView head={head} />
      <p
        class="figure-value is-alone"
        style={{ fontSize: rem(fitLine(text, box.width, height / figureLeading)) }}
      >
        {text}
      </p>
      <Lines fit={note} name="widget-note" />
      <Chip level={level} screen={screen} />
    </Frame>
  );
}

interface ChannelLineProps {
  channel: Channel;
  row: ChannelRow;
  screen: Screen;
  marks: Thresholds | undefined;
}

function ChannelLine({ channel, row, screen, marks }: ChannelLineProps) {
  const { formats } = screen;
  const level = waitLevel(row.oldestSince, screen.clock.value * 1000, marks);
  return (
    <p class={`row level-${level}`} data-channel={channel}>
      <ChannelShape channel={channel} />
      <span class="row-name">{channelName(formats.language, channel)}</span>
      <b class="row-value">{formats.number(row.waiting)}</b>
      <span class="row-time">
        {level !== 'calm' && <LevelShape level={level} />}
        {waitText(row, screen)}
      </span>
    </p>
  );
}
const waitText = ({ oldestSince }: ChannelRow, { formats, clock }: Screen) =>
  oldestSince === undefined ? noFigure : formats.duration(clock.value * 1000 - oldestSince);

/** em that the widest line takes: its shape, name, number and time. */
function widestLine(
  rows: readonly { channel: Channel; row: ChannelRow }[],
  screen: Screen,
  hasMarks: boolean,
) {
  const of = (text: (entry: (typeof rows)[number]) => string, weight: 500 | 600) =>
    Math.max(0, ...rows.map((entry) => widthOf(text(entry), weight)));
  const name = of(({ channel }) => channelName(screen.formats.language, channel), 500);
  const count = of(({ row }) => screen.formats.number(row.waiting), 600);
  const time = Math.max(
    timeEm,
    of(({ row }) => waitText(row, screen), 600),
  );
  return { time, all: 1.4 + name + 0.5 + count + 0.6 + time + (hasMarks ? 1.2 : 0) };
}
/** As narrow as the column of times becomes: it must not jump at ten minutes. */
const timeEm = 2.9;

export function Channels({
  widget,
  data,
  screen,
  box,
}: WidgetProps<'channels', Partial<Record<Channel, ChannelRow>>>) {
  const { words, zoom } = screen;
  const nowMs = screen.clock.value * 1000;
  const rows: { channel: Channel; row: ChannelRow }[] = [];
  for (const channel of channelOrder) {
    const row = data?.[channel];
    if (row) rows.push({ channel, row });
  }
  const head = layHead(box, screen, { given: widget.title, own: [words.channels] }, listHeadRem * zoom);
  const height = box.height - head.height - 0.06;
  const { perPage, row: rowHeight, type: wished } = layRows(height, Math.max(1, rows.length), zoom);
  const { time, all } = widestLine(rows, screen, widget.thresholds !== undefined);
  const type = Math.min(wished, box.width / all);
  const { shown } = turn(rows, perPage, screen.clock.value);
  const levels = rows.map(({ row }) => waitLevel(row.oldestSince, nowMs, widget.thresholds));
  const level = levels.includes('red') ? 'red' : levels.includes('amber') ? 'amber' : 'calm';
  return (
    <Frame widget={widget} level={level}>
      <HeadView head={head} />
      <div
        class="rows has-times"
        style={{ fontSize: rem(type), lineHeight: rem(rowHeight), '--time': `${time.toFixed(2)}em` }}
      >
        {shown.map(({ channel, row }) => (
          <ChannelLine key={channel} channel={channel} row={row} screen={screen} marks={widget.thresholds} />
        ))}
      </div>
    </Frame>
  );
}
