/**
 * Opening hours: what happens to a call at some time, the calendars as weeks, and the holidays and exceptions to come.
 * Read only: hours are changed in the site file. What is shown is asked for anew every half minute.
 */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { HoursList, HoursWeek } from '../../../server/contract/hours.ts';
import { plural } from '../../shared/words.ts';
import { OnOffShape } from '../../shared/parts/state-shape.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { language, words } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { HoursAsk } from './hours-ask.tsx';
import { SpecialList, WeekView } from './hours-week.tsx';
import { changeText } from './hours-text.ts';

const refreshEveryMs = 30_000;

/** Asks again while the page is open; the last answer stays where one does not come. */
function useAnswer<T>(path: string | undefined): { body: T | undefined; fault: string | undefined } {
  const [body, setBody] = useState<T>();
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    if (path === undefined) return undefined;
    let isGone = false;
    const load = async () => {
      const answer = await api<T>(path);
      if (isGone) return;
      if (answer.isOk) setBody(answer.body);
      setFault(answer.isOk ? undefined : refusalText(answer));
    };
    void load();
    const timer = setInterval(() => void load(), refreshEveryMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [path]);
  return { body, fault };
}

interface CalendarsProps {
  list: HoursList;
  chosen: string | undefined;
  week: HoursWeek | undefined;
  onChoose: (id: string) => void;
}

function Calendars({ list, chosen, week, onChoose }: CalendarsProps) {
  const w = words.value;
  return (
    <section class="card calendars" aria-labelledby="calendars-title">
      <h2 id="calendars-title">{w.hoursCalendars}</h2>
      <ul>
        {list.calendars.map((calendar) => (
          <li key={calendar.id}>
            <button
              type="button"
              aria-pressed={calendar.id === chosen}
              data-calendar={calendar.id}
              onClick={() => onChoose(calendar.id)}
            >
              <b data-given>{calendar.name}</b>
              <span class="with-icon">
                <OnOffShape isOn={calendar.isOpen} />
                {calendar.isOpen ? w.hoursOpen : w.hoursClosed}
              </span>
              <small class="quiet">{plural(language.value, w.hoursNumbers, calendar.numberCount)}</small>
              {week?.id === calendar.id && (
                <small class="quiet">{changeText(week.isOpen, week.changesAt, week.timeZone)}</small>
              )}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function HoursPage() {
  const w = words.value;
  const { body: list, fault } = useAnswer<HoursList>('/api/hours');
  const [chosen, setChosen] = useState<string>();
  const [date, setDate] = useState<string>();
  const id = chosen ?? list?.calendars[0]?.id;
  const query = date === undefined ? '' : `?date=${date}`;
  const week = useAnswer<HoursWeek>(
    id === undefined ? undefined : `/api/hours/calendars/${encodeURIComponent(id)}${query}`,
  );
  const onAnswer = useCallback((answer: { hours?: { id: string; local: string } | undefined }) => {
    if (!answer.hours) return;
    setChosen(answer.hours.id);
    setDate(answer.hours.local.slice(0, 10));
  }, []);
  return (
    <div class="hours-page">
      <PageHead title={w.pageHours}>
        <p class="quiet">{w.hoursHelp}</p>
      </PageHead>
      {(fault ?? week.fault) !== undefined && <Notice kind="bad">{fault ?? week.fault}</Notice>}
      {list && <HoursAsk list={list} onAnswer={onAnswer} />}
      {list?.calendars.length === 0 && <Notice kind="note">{w.hoursNoCalendars}</Notice>}
      {list && list.calendars.length > 0 && (
        <div class="hours-body">
          <Calendars list={list} chosen={id} week={week.body} onChoose={setChosen} />
          {week.body && <WeekView week={week.body} onDate={setDate} />}
          {week.body && <SpecialList week={week.body} onDate={setDate} />}
        </div>
      )}
    </div>
  );
}
