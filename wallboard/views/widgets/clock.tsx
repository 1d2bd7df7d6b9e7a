/** The time, the day, and the zone where it is not the site's. Formats are made once a zone: format.ts keeps them. */
import { formatsFor } from '../../../admin-ui/shared/format.ts';
import { leastTypeRem, type WidgetProps } from '../../live/screen.ts';
import { fitLine, fitText } from '../../live/text-fit.ts';
import { Frame, HeadView, layHead, Lines, rem } from './frame.tsx';
import { figureLeading } from './number-tile.tsx';

/** `America/New_York` as people say it. */
const cityOf = (zone: string) => (zone.split('/').pop() ?? zone).replace(/_/g, ' ');

export function Clock({ widget, screen, box }: WidgetProps<'clock', Record<string, never>>) {
  const { zoom } = screen;
  const at = screen.clock.value * 1000;
  const formats =
    widget.zone === undefined ? screen.formats : formatsFor(screen.formats.language, widget.zone);
  const text = widget.hasSeconds ? formats.time(at) : formats.shortTime(at);
  const title = widget.title ?? (widget.zone === undefined ? undefined : cityOf(widget.zone));
  const head =
    title === undefined
      ? undefined
      : layHead(box, screen, { given: title, own: [] }, Math.min(box.height * 0.35, 0.5 * zoom));
  const zone = widget.zone === undefined ? '' : ` · ${formats.zoneName(at)}`;
  const note = fitText([`${formats.longDate(at)}${zone}`, `${formats.date(at)}${zone}`, formats.date(at)], {
    width: box.width,
    most: 0.27 * zoom,
    least: leastTypeRem * Math.min(1, zoom),
    weight: 400,
  });
  const height = Math.max(0.2, box.height - (head?.height ?? 0) - note.size * 1.2);
  return (
    <Frame widget={widget}>
      {head && <HeadView head={head} />}
      <p
        class="figure-value is-alone"
        style={{ fontSize: rem(fitLine(text, box.width, height / figureLeading)) }}
      >
        {text}
      </p>
      <Lines fit={note} name="widget-note" />
    </Frame>
  );
}
