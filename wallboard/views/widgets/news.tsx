/**
 * A text of the site's own, as large as its box allows. One that is too long, or is to move, rolls up line by line on the
 * server's clock, whole words always; a reader who asked for less motion sees the lines change without the roll.
 */
import type { Box, Screen, WidgetProps } from '../../live/screen.ts';
import { fitText, linesOf } from '../../live/text-fit.ts';
import { Frame, HeadView, layHead, rem } from './frame.tsx';

const mostRem = 0.9;
const leastRem = 0.3;
const movingRem = 0.42;
const leading = 1.25;
const lineEverySec = 4;

interface Laid {
  lines: readonly string[];
  size: number;
  /** Lines that stand at once. */
  rows: number;
}

function lay(text: string, isMoving: boolean, box: Box, { zoom }: Screen): Laid {
  const least = leastRem * Math.min(1, zoom);
  if (!isMoving) {
    const fit = fitText([text], {
      width: box.width,
      height: (box.height * 1.2) / leading,
      most: Math.max(least, mostRem * zoom),
      least,
      lines: 40,
      weight: 400,
    });
    if (fit.size >= least) return { ...fit, rows: fit.lines.length };
  }
  const rows = Math.max(1, Math.floor(box.height / (movingRem * zoom * leading)));
  const size = Math.min(movingRem * zoom, box.height / leading);
  const lines = linesOf(text, box.width / size, 400);
  return { lines, size, rows: Math.min(rows, lines.length) };
}

export function News({ widget, screen, box }: WidgetProps<'news', Record<string, never>>) {
  const head =
    widget.title === undefined
      ? undefined
      : layHead(box, screen, { given: widget.title, own: [] }, 0.45 * screen.zoom);
  const room = { width: box.width, height: box.height - (head?.height ?? 0) };
  const { lines, size, rows } = lay(widget.text, widget.isMoving, room, screen);
  const isRolling = lines.length > rows || (widget.isMoving && lines.length > 1);
  const shown = isRolling ? Math.max(1, Math.min(rows, lines.length - 1)) : rows;
  const first = isRolling ? Math.floor(screen.clock.value / lineEverySec) % lines.length : 0;
  const line = size * leading;
  return (
    <Frame widget={widget}>
      {head && <HeadView head={head} />}
      <div class="news" style={{ height: rem(shown * line), fontSize: rem(size), lineHeight: rem(line) }}>
        <div
          class={`news-roll ${first === 0 ? 'is-first' : ''}`}
          style={{ transform: `translateY(${rem(-first * line)})` }}
        >
          {[...lines, ...(isRolling ? lines.slice(0, shown) : [])].map((text, index) => (
            <p
              key={index}
              data-given
              data-news={index >= first && index < first + shown ? 'shown' : 'hidden'}
            >
              {text}
            </p>
          ))}
        </div>
      </div>
    </Frame>
  );
}
