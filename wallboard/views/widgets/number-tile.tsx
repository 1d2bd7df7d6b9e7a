/** One figure, as large as its tile allows, and an arrow against the same window before. */
import type { NumberData } from '../../../server/contract/boards.ts';
import { figureFacts, type FigureUnit } from '../../../server/contract/figure-facts.ts';
import { figureName, figureVariant } from '../../../admin-ui/shared/figure-names.ts';
import { figureText } from '../../../admin-ui/shared/figure-text.ts';
import type { Formats } from '../../../admin-ui/shared/format.ts';
import { figureLevel } from '../../live/board-tree.ts';
import { leastTypeRem, type Box, type Screen, type WidgetProps } from '../../live/screen.ts';
import { fitLine, widthOf } from '../../live/text-fit.ts';
import type { Level } from '../../live/thresholds.ts';
import {
  Chip,
  chipRem,
  chipWidth,
  Frame,
  layHead,
  levelWord,
  noteCandidates,
  rem,
  shortNotes,
  type Head,
} from './frame.tsx';

/** Digits stand without tails: a line of figures needs little more than its capital height. */
export const figureLeading = 1.04;
const trendRem = 0.27;

/** Without a sign; percentage points where the figure is a share. */
function difference(formats: Formats, unit: FigureUnit, by: number): string {
  switch (unit) {
    case 'share':
      return formats.number(Math.abs(by) * 100);
    case 'ms':
    case 'since':
      return formats.duration(Math.abs(by));
    case 'per-hour':
      return formats.tenth(Math.abs(by));
    case 'count':
      return formats.number(Math.abs(by));
  }
}

interface Trend {
  text: string;
  direction: 'up' | 'down' | 'flat';
  isBetter: boolean | undefined;
}

function trendOf(
  { widget, screen }: Pick<WidgetProps<'number', NumberData>, 'widget' | 'screen'>,
  data: NumberData | undefined,
): Trend | undefined {
  const { unit, sense } = figureFacts(widget.figure);
  if (!widget.hasTrend || data?.value === undefined || data.before === undefined) return undefined;
  // Of two instants the later one is the shorter wait.
  const by = unit === 'since' ? data.before - data.value : data.value - data.before;
  const text = difference(screen.formats, unit, by);
  const isFlat = text === difference(screen.formats, unit, 0);
  return {
    text,
    direction: isFlat ? 'flat' : by > 0 ? 'up' : 'down',
    isBetter: isFlat || sense === 'plain' ? undefined : by > 0 === (sense === 'falling'),
  };
}

const arrows = {
  up: 'M10 2L18 11H13V18H7V11H2z',
  down: 'M10 18L2 9H7V2h6v7h5z',
  flat: 'M2 7h16v2.5H2zM2 12h16v2.5H2z',
};

function TrendView({ trend, size }: { trend: Trend; size: number }) {
  const tone = trend.isBetter === undefined ? '' : trend.isBetter ? 'is-better' : 'is-worse';
  return (
    <span class={`trend ${tone}`} data-trend={trend.direction} style={{ fontSize: rem(size) }}>
      <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
        <path d={arrows[trend.direction]} />
      </svg>
      {trend.text}
    </span>
  );
}

/** Beside the figure where that leaves it larger, else beneath. */
function layValue(
  box: { width: number; height: number },
  text: string,
  side: { width: number; height: number },
) {
  const at = (width: number, height: number) => fitLine(text, Math.max(0.05, width), height / figureLeading);
  const beside = side.width === 0 ? at(box.width, box.height) : at(box.width - side.width - 0.15, box.height);
  const under = side.width === 0 ? 0 : at(box.width, box.height - side.height);
  return under > beside * 1.1 ? { size: under, isUnder: true } : { size: beside, isUnder: false };
}

function sideOf(screen: Screen, hasThresholds: boolean, trend: Trend | undefined) {
  const chip = hasThresholds ? chipWidth(screen.words, screen.zoom) : 0;
  const arrow = trend ? trendRem * screen.zoom * (1.4 + widthOf(trend.text.replace(/\d/g, '0'), 600)) : 0;
  return { width: Math.max(chip, arrow), height: 1.3 * chipRem * screen.zoom, chip, arrow };
}

/** Too low or narrow for a note and the level's word at once: then the one stands in the other's place. */
const isSmall = (box: Box, zoom: number) => box.height < 1.35 * zoom || box.width < 1.9 * zoom;

function headOf({ widget, screen, box }: WidgetProps<'number', NumberData>): Head {
  const { language } = screen.formats;
  const plain = figureName(language, widget.figure, 'plain');
  const short = figureName(language, widget.figure, 'short');
  const given = widget.title;
  const height = box.height * 0.5;
  const notes = noteCandidates(language, widget, screen.names, given !== undefined);
  const head = layHead(box, screen, { given, own: [plain], notes }, height);
  const least = leastTypeRem * Math.min(1, screen.zoom) - 0.001;
  if (Math.min(head.title.size, head.note?.size ?? 1) >= least && !isSmall(box, screen.zoom)) return head;
  const hasVariant = figureVariant(language, widget.figure) !== undefined;
  const own = hasVariant ? [short] : [plain, short];
  return layHead(box, screen, { given, own, notes: shortNotes(language, widget) }, height);
}

function LevelNote({ level, screen, width }: { level: Level; screen: Screen; width: number }) {
  const word = levelWord(screen.words, level);
  const size = fitLine(word, width - 0.4, chipRem * screen.zoom * 0.9);
  return <Chip level={level} screen={screen} size={size} />;
}

export function NumberTile(props: WidgetProps<'number', NumberData>) {
  const { widget, data, screen, box } = props;
  const nowMs = screen.clock.value * 1000;
  const level = figureLevel(widget.figure, data?.value, nowMs, widget.thresholds);
  const text = figureText(screen.formats, widget.figure, data?.value, nowMs);
  const small = isSmall(box, screen.zoom);
  const trend = small ? undefined : trendOf({ widget, screen }, data);
  const head = headOf(props);
  const rest = { width: box.width, height: box.height - head.height };
  const side = sideOf(screen, widget.thresholds !== undefined && !small, trend);
  const isBothUnder = side.chip + side.arrow + 0.2 <= box.width;
  const lines = isBothUnder || side.chip === 0 || side.arrow === 0 ? 1 : 2;
  const { size, isUnder } = layValue(rest, text, { width: side.width, height: side.height * lines });
  const isNoted = !small || level === 'calm';
  return (
    <Frame widget={widget} level={level} head={isNoted ? head : { ...head, note: undefined }}>
      {!isNoted && <LevelNote level={level} screen={screen} width={box.width} />}
      <div class={`figure ${isUnder ? 'is-under' : 'is-beside'}`}>
        <p class="figure-value" style={{ fontSize: rem(size) }}>
          {text}
        </p>
        {side.width > 0 && (
          <div class="figure-side">
            <Chip level={level} screen={screen} />
            {trend && <TrendView trend={trend} size={trendRem * screen.zoom} />}
          </div>
        )}
      </div>
    </Frame>
  );
}
