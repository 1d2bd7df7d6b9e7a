/** A figure by interval of the day, beside yesterday and the same weekday; the legend tells the lines apart by their form. */
import type { IntradayData } from '../../../server/contract/boards.ts';
import { figureFacts } from '../../../server/contract/figure-facts.ts';
import { figureName, figureVariant } from '../../../admin-ui/shared/figure-names.ts';
import { fill } from '../../../admin-ui/shared/words.ts';
import { IntradayChart } from '../../charts/intraday-chart.tsx';
import type { WidgetProps } from '../../live/screen.ts';
import { widthOf } from '../../live/text-fit.ts';
import { Frame, HeadView, layHead, rem } from './frame.tsx';

const keys = { today: 'M0 5h26', yesterday: 'M0 5h26', 'last-week': 'M1 5h26' } as const;

export function Intraday({ widget, data, screen, box }: WidgetProps<'intraday', IntradayData>) {
  const { words, formats, zoom } = screen;
  const { language } = formats;
  const variant = figureVariant(language, widget.figure);
  const every = fill(words.perMinutes, { minutes: widget.minutes });
  const given = widget.title === undefined ? variant : figureName(language, widget.figure);
  const head = layHead(
    box,
    screen,
    {
      given: widget.title,
      own: [figureName(language, widget.figure, 'plain'), figureName(language, widget.figure, 'short')],
      notes: [given === undefined ? every : `${given} · ${every}`, given ?? every],
    },
    Math.min(box.height * 0.35, 0.72 * zoom),
  );
  const entries = [
    { id: 'today' as const, word: words.today, isOn: true },
    { id: 'yesterday' as const, word: words.yesterday, isOn: widget.hasYesterday },
    { id: 'last-week' as const, word: words.lastWeek, isOn: widget.hasLastWeek },
  ].filter((entry) => entry.isOn);
  const all = entries.map((entry) => entry.word).join(' ');
  // Each with its key before it, and an em between two.
  const ems = widthOf(all, 400) + 2.95 * entries.length;
  const legend = { size: Math.min(0.24 * zoom, box.width / ems) };
  const legendHeight = legend.size * 1.35;
  const height = Math.max(0.3, box.height - head.height - legendHeight - 0.05);
  return (
    <Frame widget={widget}>
      <HeadView head={head} />
      <div class="intraday" style={{ height: rem(height) }}>
        <IntradayChart
          data={data}
          unit={figureFacts(widget.figure).unit}
          formats={formats}
          colours={screen.colours}
          zoom={zoom}
        />
      </div>
      <p class="legend" style={{ fontSize: rem(legend.size), lineHeight: rem(legendHeight) }}>
        {entries.map(({ id, word }) => (
          <span key={id} class={`legend-entry is-${id}`}>
            <svg class="legend-key" viewBox="0 0 28 10" aria-hidden="true">
              <path d={keys[id]} />
            </svg>
            {word}
          </span>
        ))}
      </p>
    </Frame>
  );
}
