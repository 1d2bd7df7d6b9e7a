/** A share or a time against its target: half a ring that fills, a mark at the target, the figure in its middle. */
import type { NumberData } from '../../../server/contract/boards.ts';
import { figureFacts } from '../../../server/contract/figure-facts.ts';
import { figureName } from '../../../admin-ui/shared/figure-names.ts';
import { figureText, unitText } from '../../../admin-ui/shared/figure-text.ts';
import { fill } from '../../../admin-ui/shared/words.ts';
import { gaugeLevel, gaugeTarget, judgedValue } from '../../live/board-tree.ts';
import { leastTypeRem, type WidgetProps } from '../../live/screen.ts';
import { fitLine, fitText, widthOf, type Fit } from '../../live/text-fit.ts';
import { Chip, chipRem, chipWidth, Frame, layHead, Lines, noteCandidates, rem } from './frame.tsx';

const radius = 84;
const thickness = 22;

/** The end of the arc at a share 0..1 of the half ring, from the left over the top; 200 by 108 units. */
function pointAt(share: number, at: number): string {
  const angle = Math.PI * (1 - share);
  return `${(100 + at * Math.cos(angle)).toFixed(2)} ${(100 - at * Math.sin(angle)).toFixed(2)}`;
}
const arc = (to: number) => `M${pointAt(0, radius)}A${radius} ${radius} 0 0 1 ${pointAt(to, radius)}`;

/** Where the ring ends: shares at one, all else at twice the target, or at what is there. */
function endOf(unit: string, target: number | undefined, judged: number): number {
  if (unit === 'share') return 1;
  return Math.max(target === undefined ? 0 : target * 2, judged, 1);
}

const textWidth = (fit: Fit) => Math.max(...fit.lines.map((line) => widthOf(line, 400) * fit.size));
const clamp = (share: number) => Math.max(0, Math.min(1, share));

function Ring({ share, mark }: { share: number; mark: number | undefined }) {
  return (
    <svg class="gauge-ring" viewBox="0 0 200 108" aria-hidden="true">
      <path class="gauge-track" d={arc(1)} stroke-width={thickness} />
      {share > 0.002 && <path class="gauge-fill" d={arc(share)} stroke-width={thickness} />}
      {mark !== undefined && (
        <path
          class="gauge-mark"
          d={`M${pointAt(mark, radius - thickness / 2 - 5)}L${pointAt(mark, radius + thickness / 2 + 5)}`}
        />
      )}
    </svg>
  );
}

export function Gauge({ widget, data, screen, box }: WidgetProps<'gauge', NumberData>) {
  const { formats, words, zoom } = screen;
  const nowMs = screen.clock.value * 1000;
  const { language } = formats;
  const { unit } = figureFacts(widget.figure);
  const level = gaugeLevel(widget, data, nowMs);
  const target = gaugeTarget(widget, data);
  const inUnit = (value: number) => (unit === 'since' ? judgedValue(unit, value, nowMs) * 1000 : value);
  const value = data?.value === undefined ? 0 : inUnit(data.value);
  const end = endOf(unit, target, value);
  const text = figureText(formats, widget.figure, data?.value, nowMs);
  const targetText =
    target === undefined
      ? words.noTarget
      : fill(words.target, { value: unitText(formats, unit === 'since' ? 'ms' : unit, target, nowMs) });
  const head = layHead(
    box,
    screen,
    {
      given: widget.title,
      own: [figureName(language, widget.figure, 'plain'), figureName(language, widget.figure, 'short')],
      notes: noteCandidates(language, widget, screen.names, widget.title !== undefined),
    },
    box.height * 0.4,
  );
  const foot = fitText([targetText], {
    width: box.width,
    most: 0.25 * zoom,
    least: leastTypeRem * Math.min(1, zoom),
    weight: 400,
  });
  // Room for the level's word is kept whether or not it stands there: the ring must not jump.
  const isOneLine = textWidth(foot) + 0.25 + chipWidth(words, zoom) <= box.width;
  const footHeight = foot.size * 1.3 + (isOneLine ? 0 : chipRem * zoom * 1.3);
  const height = Math.max(0.2, box.height - head.height - footHeight - 0.06);
  // The ring is 200 units wide and 108 high; its inside holds the figure.
  const unitRem = Math.min(box.width / 200, height / 108);
  const inner = (radius - thickness / 2) * 2 * unitRem;
  const size = fitLine(text, inner * 0.82, inner * 0.4);
  return (
    <Frame widget={widget} level={level} head={head}>
      <div class="gauge" style={{ width: rem(200 * unitRem), height: rem(108 * unitRem) }}>
        <Ring share={clamp(value / end)} mark={target === undefined ? undefined : clamp(target / end)} />
        <div class="gauge-middle">
          <p class="figure-value" style={{ fontSize: rem(size) }}>
            {text}
          </p>
        </div>
      </div>
      <div class={`gauge-foot ${isOneLine ? '' : 'is-two'}`}>
        <Lines fit={foot} name="gauge-target" />
        <Chip level={level} screen={screen} />
      </div>
    </Frame>
  );
}
