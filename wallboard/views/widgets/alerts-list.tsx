/** Alerts that stand: the critical first, then what nobody has taken on, then by age. Who took one on is told elsewhere. */
import type { AlertTile } from '../../../server/contract/boards.ts';
import { figureName } from '../../../admin-ui/shared/figure-names.ts';
import { figureText } from '../../../admin-ui/shared/figure-text.ts';
import { leastTypeRem, type Screen, type WidgetProps } from '../../live/screen.ts';
import { fitText, widthOf } from '../../live/text-fit.ts';
import { LevelShape } from '../shapes.tsx';
import { Frame, layHead, Lines, rem, listHeadRem } from './frame.tsx';
import { ListHead, Nothing, pageRem, pageText, turn } from './turning.tsx';

const rowRem = 0.74;
const roomiest = 1.35;
const check = 'M2 10.500L4.500 8L8 11.500L15.500 4L18 6.500L8 16.500z';

const rank = (alert: AlertTile) => (alert.isAcknowledged ? 2 : 0) + (alert.severity === 'critical' ? 0 : 1);

function sorted(alerts: Record<string, AlertTile>): [string, AlertTile][] {
  return Object.entries(alerts).sort(
    ([idA, a], [idB, b]) => rank(a) - rank(b) || a.since - b.since || idA.localeCompare(idB),
  );
}

interface RowProps {
  alert: AlertTile;
  screen: Screen;
  width: number;
  height: number;
}

function Row({ alert, screen, width, height }: RowProps) {
  const { words, formats } = screen;
  const nowMs = screen.clock.value * 1000;
  const level = alert.severity === 'critical' ? 'red' : 'amber';
  const time = formats.duration(nowMs - alert.since);
  const least = leastTypeRem * Math.min(1, screen.zoom);
  const most = Math.max(least, Math.min(height * 0.4, 0.3 * screen.zoom));
  const room = width - 0.5 * screen.zoom;
  const name = fitText([alert.name], {
    width: room - widthOf(time, 500) * most - 0.15,
    height: height - 1.25 * least - 0.1,
    most,
    least,
    lines: 2,
    weight: 600,
  });
  const said = alert.isAcknowledged
    ? words.alertAcknowledged
    : alert.severity === 'critical'
      ? words.alertCritical
      : words.alertWarning;
  const figure =
    alert.figure === undefined
      ? undefined
      : `${figureName(formats.language, alert.figure, 'plain')}${
          alert.value === undefined ? '' : ` ${figureText(formats, alert.figure, alert.value, nowMs)}`
        }`;
  const note = fitText(figure === undefined ? [said] : [`${said} · ${figure}`, said], {
    width: room,
    most: Math.max(least, 0.235 * screen.zoom),
    least,
    weight: 400,
  });
  return (
    <div
      class={`alert level-${level} ${alert.isAcknowledged ? 'is-acknowledged' : ''}`}
      style={{ height: rem(height), paddingLeft: rem(0.5 * screen.zoom), fontSize: rem(0.34 * screen.zoom) }}
      data-alert={alert.severity}
    >
      {alert.isAcknowledged ? (
        <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
          <path d={check} />
        </svg>
      ) : (
        <LevelShape level={level} />
      )}
      <div class="alert-line" style={{ fontSize: rem(most) }}>
        <Lines fit={name} name="alert-name" isGiven />
        <b>{time}</b>
      </div>
      <p class="alert-note" style={{ fontSize: rem(note.size) }}>
        {note.lines[0]}
      </p>
    </div>
  );
}

export function AlertsList({ widget, screen, box }: WidgetProps<'alerts', Record<string, never>>) {
  const { words, zoom } = screen;
  const all = sorted(screen.alerts);
  const open = all.filter(([, alert]) => !alert.isAcknowledged);
  const head = layHead(
    { width: box.width - pageRem(screen), height: box.height },
    screen,
    { given: widget.title, own: [words.alerts] },
    listHeadRem * zoom,
  );
  const height = box.height - head.height - 0.06;
  const perPage = Math.max(1, Math.floor(height / (rowRem * zoom)));
  const row = Math.min(height / Math.min(perPage, Math.max(1, all.length)), rowRem * zoom * roomiest);
  const { shown, page, pages } = turn(all, perPage, screen.clock.value);
  const level = open.some(([, alert]) => alert.severity === 'critical')
    ? 'red'
    : open.length > 0
      ? 'amber'
      : 'calm';
  return (
    <Frame widget={widget} level={level}>
      <ListHead head={head} screen={screen} right={pageText(screen, page, pages)} />
      {all.length === 0 && (
        <div class="alerts-none">
          <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
            <path d={check} />
          </svg>
          <Nothing text={words.alertsNone} screen={screen} />
        </div>
      )}
      {shown.map(([alertId, alert]) => (
        <Row key={alertId} alert={alert} screen={screen} width={box.width} height={row} />
      ))}
    </Frame>
  );
}
