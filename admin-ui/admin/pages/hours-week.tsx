/** One calendar as a week of its own clock, and the holidays and exceptions to come. */
import type { HoursWeek, OpenSpan } from '../../../server/contract/hours.ts';
import { words } from '../reading.ts';
import { dateRange, dayName, fullDate, plusDays, shortDate, spansText, spanText } from './hours-text.ts';

const dayMin = 1440;
const share = (minutes: number): string => `${(minutes / dayMin) * 100}%`;
const axis = [0, 3, 6, 9, 12, 15, 18, 21, 24];
function Bar({ span }: { span: OpenSpan }) {
  const place = { left: share(span.fromMin), width: share(span.toMin - span.fromMin) };
  return <span class="week-open" style={place} title={spanText(span)} />;
}

function Row({ day, week }: { day: HoursWeek['days'][number]; week: HoursWeek }) {
  const name = dayName(day.rule);
  const isToday = day.date === week.today;
  return (
    <li
      class={`week-row ${name === undefined ? '' : 'is-special'} ${isToday ? 'is-today' : ''}`}
      data-date={day.date}
      data-rule={day.rule.kind}
    >
      <p class="week-day">
        <b>{shortDate(day.date)}</b>
        {name !== undefined && (
          <small data-given title={name}>
            {name}
          </small>
        )}
      </p>
      <div class="week-track" aria-hidden="true">
        {day.spans.map((span) => (
          <Bar key={span.fromMin} span={span} />
        ))}
        {isToday && <span class="week-now" style={{ left: share(week.nowMin) }} />}
      </div>
      <p class="week-text">
        {day.spans.length === 0 ? (
          <span class="quiet">{spansText(day.spans)}</span>
        ) : (
          day.spans.map((span) => <span key={span.fromMin}>{spanText(span)}</span>)
        )}
      </p>
    </li>
  );
}

export interface WeekProps {
  week: HoursWeek;
  onDate: (date: string | undefined) => void;
}

export function WeekView({ week, onDate }: WeekProps) {
  const w = words.value;
  const [monday = week.today, sunday = week.today] = [week.days[0]?.date, week.days[6]?.date];
  return (
    <section class="card week" aria-labelledby="week-title">
      <header class="week-head">
        <h2 id="week-title">
          <span data-given>{week.name}</span>
          <span class="quiet">
            {fullDate(monday)} – {fullDate(sunday)} · {week.timeZone}
          </span>
        </h2>
        <div class="row-actions">
          <button
            type="button"
            class="button is-small"
            aria-label={w.hoursPreviousWeek}
            title={w.hoursPreviousWeek}
            onClick={() => onDate(plusDays(monday, -7))}
          >
            ←
          </button>
          <button type="button" class="button is-small" onClick={() => onDate(undefined)}>
            {w.hoursThisWeek}
          </button>
          <button
            type="button"
            class="button is-small"
            aria-label={w.hoursNextWeek}
            title={w.hoursNextWeek}
            onClick={() => onDate(plusDays(monday, 7))}
          >
            →
          </button>
        </div>
      </header>
      <div class="week-axis" aria-hidden="true">
        <div>
          {axis.map((hour) => (
            <span key={hour} style={{ left: share(hour * 60) }}>
              {hour}
            </span>
          ))}
        </div>
      </div>
      <ol class="week-rows">
        {week.days.map((day) => (
          <Row key={day.date} day={day} week={week} />
        ))}
      </ol>
    </section>
  );
}

export function SpecialList({ week, onDate }: WeekProps) {
  const w = words.value;
  return (
    <section class="card special" aria-labelledby="special-title">
      <h2 id="special-title">{w.hoursUpcoming}</h2>
      {week.special.length === 0 && <p class="quiet">{w.hoursNoUpcoming}</p>}
      <ul tabIndex={0} aria-labelledby="special-title">
        {week.special.map((days) => (
          <li key={days.from}>
            <button type="button" onClick={() => onDate(days.from)}>
              <b>
                {dateRange(days.from, days.to).map((text) => (
                  <span key={text}>{text} </span>
                ))}
              </b>
              <span class={`special-times ${days.spans.length === 0 ? 'quiet' : 'is-open'}`}>
                {days.spans.length === 0
                  ? spansText(days.spans)
                  : days.spans.map((span) => <span key={span.fromMin}>{spanText(span)}</span>)}
              </span>
              <span class="special-name" data-given>
                {dayName(days.rule)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
