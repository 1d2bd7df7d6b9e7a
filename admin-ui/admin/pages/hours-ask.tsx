/** "What happens when": a number, a date, a time, and the server's answer by the very rules that calls are judged by. */
import { useEffect, useState } from 'preact/hooks';
import type { HoursList, Simulation } from '../../../server/contract/hours.ts';
import { fill } from '../../shared/words.ts';
import { Field } from '../../shared/parts/field.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { words } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import {
  changeText,
  localFullText,
  localText,
  plusDays,
  ruleText,
  spanText,
  wallClock,
} from './hours-text.ts';

export interface Question {
  number: string;
  date: string;
  time: string;
}

type Verdict = 'open' | 'closed' | 'unknown';
const shapes: Record<Verdict, string> = {
  open: 'M4 10.500l4 4L16.500 5.500',
  closed: 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14zM6 10h8',
  unknown: 'M5 5l10 10M15 5L5 15',
};

function verdictOf(answer: Simulation): { verdict: Verdict; title: string; text: string } {
  const w = words.value;
  const { outcome } = answer;
  switch (outcome.kind) {
    case 'unknown-number':
      return {
        verdict: 'unknown',
        title: w.hoursUnknown,
        text: fill(w.hoursToNobody, { number: answer.number }),
      };
    case 'message':
      return {
        verdict: 'closed',
        title: w.hoursClosed,
        text: fill(w.hoursToMessage, { prompt: outcome.promptId }),
      };
    case 'queue': {
      const prompts = outcome.greeting.map((id) => fill(w.hoursQuoted, { text: id })).join(', ');
      const text = prompts === '' ? w.hoursToQueue : w.hoursGreeting;
      return { verdict: 'open', title: w.hoursOpen, text: fill(text, { prompts, queue: outcome.queueName }) };
    }
  }
}

function Fact({ title, children }: { title: string; children: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd title={children}>{children}</dd>
    </div>
  );
}

function AnswerView({ answer }: { answer: Simulation }) {
  const w = words.value;
  const { verdict, title, text } = verdictOf(answer);
  const { hours } = answer;
  return (
    <div class={`answer answer-${verdict}`} data-verdict={verdict}>
      <p class="answer-when">
        {localFullText(answer.local)}
        {answer.numberName !== undefined && <span class="quiet"> · {answer.numberName}</span>}
      </p>
      <p class="answer-title">
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
          <path
            d={shapes[verdict]}
            fill="none"
            stroke="currentColor"
            stroke-width="2.4"
            stroke-linecap="round"
            stroke-linejoin="round"
          />
        </svg>
        {title}
      </p>
      <p class="answer-text">{text}</p>
      {answer.clock !== 'plain' && (
        <Notice kind="note">{answer.clock === 'skipped' ? w.hoursSkipped : w.hoursTwice}</Notice>
      )}
      {hours ? (
        <dl class="facts">
          <Fact title={w.hoursFactRule}>
            {ruleText(hours.rule, hours.date) + (hours.span ? `, ${spanText(hours.span)}` : '')}
          </Fact>
          <Fact title={w.hoursFactNext}>{changeText(hours.isOpen, hours.changesAt, hours.timeZone)}</Fact>
          <Fact title={w.hoursFactCalendar}>{hours.name}</Fact>
          {hours.timeZone !== answer.timeZone && (
            <Fact title={w.hoursFactWhen}>{`${localText(hours.local)} · ${hours.timeZone}`}</Fact>
          )}
        </dl>
      ) : (
        verdict === 'open' && <p class="quiet">{w.hoursAlways}</p>
      )}
    </div>
  );
}

export function HoursAsk({ list, onAnswer }: { list: HoursList; onAnswer: (answer: Simulation) => void }) {
  const w = words.value;
  const now = () => wallClock(Date.now(), list.timeZone);
  const [question, setQuestion] = useState<Question>(() => ({
    number: list.numbers[0]?.number ?? '',
    date: now().slice(0, 10),
    time: now().slice(11),
  }));
  const [answer, setAnswer] = useState<Simulation>();
  const [fault, setFault] = useState<string>();

  const ask = async (asked: Question) => {
    setQuestion(asked);
    const time = /^([01]?\d|2[0-3])[:.]([0-5]\d)$/.exec(asked.time.trim());
    if (!time || asked.date === '') {
      setFault(words.peek().hoursTimeWrong);
      return;
    }
    const at = `${asked.date}T${(time[1] ?? '').padStart(2, '0')}:${time[2]}`;
    const query = new URLSearchParams({ number: asked.number.replace(/[\s()-]/g, ''), at });
    const got = await api<Simulation>(`/api/hours/simulation?${query.toString()}`);
    setFault(got.isOk ? undefined : refusalText(got));
    if (!got.isOk) return;
    setAnswer(got.body);
    onAnswer(got.body);
  };
  useEffect(() => {
    if (question.number !== '') void ask(question);
    // Once: afterwards the reader asks.
  }, []);
  const year = now().slice(0, 4);
  const quick = [
    { title: w.hoursNow, date: now().slice(0, 10), time: now().slice(11) },
    { title: w.hoursTomorrow, date: plusDays(now().slice(0, 10), 1), time: '09:00' },
    { title: w.hoursNewYearsEve, date: `${year}-12-31`, time: '23:30' },
  ];
  return (
    <section class="card ask" aria-labelledby="ask-title">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask(question);
        }}
      >
        <h2 id="ask-title">{w.hoursAskTitle}</h2>
        <Field
          id="ask-number"
          label={w.hoursNumber}
          value={question.number}
          maxLength={30}
          required
          autocomplete="off"
          onText={(number) => setQuestion({ ...question, number })}
          list="ask-numbers"
        />
        <datalist id="ask-numbers">
          {list.numbers.map(({ number, name }) => (
            <option key={number} value={number} label={name ?? number} />
          ))}
        </datalist>
        <div class="ask-when">
          <div class="field">
            <label for="ask-date">{w.hoursDate}</label>
            <input
              id="ask-date"
              type="date"
              required
              min="1970-01-01"
              max="2199-12-31"
              value={question.date}
              onInput={(event) => setQuestion({ ...question, date: event.currentTarget.value })}
            />
          </div>
          <Field
            id="ask-time"
            label={w.hoursTime}
            value={question.time}
            maxLength={5}
            required
            autocomplete="off"
            placeholder="23:30"
            onText={(time) => setQuestion({ ...question, time })}
          />
          <button type="submit" class="button is-main">
            {w.hoursAsk}
          </button>
        </div>
        <div class="ask-quick">
          {quick.map(({ title, date, time }) => (
            <button
              key={title}
              type="button"
              class="button is-small"
              onClick={() => void ask({ ...question, date, time })}
            >
              {title}
            </button>
          ))}
        </div>
        <small class="quiet">{fill(w.hoursZone, { zone: list.timeZone })}</small>
      </form>
      <div class="ask-answer" aria-live="polite">
        {fault !== undefined && <Notice kind="bad">{fault}</Notice>}
        {answer && fault === undefined && <AnswerView answer={answer} />}
      </div>
    </section>
  );
}
