/** What a report's scopes, intervals and counts are called in the reader's language. Takes no part in counting. */
import type { FigureName, ScopeKind } from '../../../server/contract/figure-facts.ts';
import type { IntervalReport, ReportInterval } from '../../../server/contract/rest-reports.ts';
import { channelName, figureName, scopeKindName } from '../../shared/figure-names.ts';
import { formatsFor } from '../../shared/format.ts';
import { fill } from '../../shared/words.ts';
import { localOf } from '../pages/fairness-period.ts';
import { language, words, type TextKey } from '../reading.ts';

export const channelText = (channel: string): string => channelName(language.value, channel);

/** The site's own names as they are, ours in the reader's language. */
export function scopeText(scope: string, name: string): string {
  if (scope === 'site') return scopeKindName(language.value, 'site' satisfies ScopeKind);
  return scope.startsWith('channel:') ? channelText(scope.slice('channel:'.length)) : name;
}

const countFigures: Partial<Record<string, FigureName>> = {
  offered: 'offered',
  answered: 'answered',
  abandoned: 'abandoned',
  shortAbandoned: 'short-abandoned',
  flowedOut: 'flowed-out',
  handled: 'handled',
  transferred: 'transferred',
  waiting: 'waiting',
};
const countWords: Partial<Record<string, TextKey>> = {
  answeredInTarget: 'reportsAnsweredInTarget',
  abandonedInTarget: 'reportsAbandonedInTarget',
  serviceLevelOffered: 'reportsServiceLevelOffered',
  replied: 'reportsReplied',
};
/** Those without a name of their own by the contract's. */
export function countText(count: string): string {
  const figure = countFigures[count];
  if (figure) return figureName(language.value, figure, 'plain');
  const word = countWords[count];
  return word === undefined ? count : words.value[word];
}

/** Where the head of a narrow column may break, in each language; only if it must. */
const breaks = [
  'An-swered',
  'Aban-doned',
  'Occu-pancy',
  'Посту-пило',
  'Отве-чено',
  'Поте-ряно',
  'Обрабо-тано',
  'Переве-дено',
  'Удержа-ние',
  'Заня-тость',
  'Утили-зация',
  'переключа-телями',
  'Trasfe-rite',
];
const softened = new Map(breaks.map((word) => [word.replace('-', ''), word.replace('-', '\u00ad')]));
export const headText = (text: string): string =>
  text
    .split(' ')
    .map((word) => softened.get(word) ?? word)
    .join(' ');

export function intervalText(interval: ReportInterval): string {
  const w = words.value;
  switch (interval) {
    case 'all':
      return w.reportsWhole;
    case 'day':
      return w.reportsDay;
    case 'week':
      return w.reportsWeek;
    case 'month':
      return w.reportsMonth;
    default:
      return fill(w.reportsMinutes, { count: interval });
  }
}

const hourMs = 3_600_000;
/** Where the clock shows a time twice, the name of the zone tells one from the other. */
const isTwice = (at: number, zone: string) =>
  [at - hourMs, at + hourMs].some((other) => localOf(other, zone) === localOf(at, zone));

/** Start of an interval: as much of it as tells it from the others. */
export function startText(
  start: number,
  { interval, from, to, timeZone }: Pick<IntervalReport, 'interval' | 'from' | 'to' | 'timeZone'>,
): string {
  const formats = formatsFor(language.value, timeZone);
  if (interval === 'day' || interval === 'week') {
    const name = formats.weekday(start);
    return interval === 'day' ? `${name} ${formats.dayMonth(start)}` : formats.date(start);
  }
  if (interval === 'month') return formats.monthYear(start);
  const isOneDay = localOf(from, timeZone).slice(0, 10) === localOf(to - 1, timeZone).slice(0, 10);
  const time = formats.shortTime(start) + (isTwice(start, timeZone) ? ` ${formats.zoneName(start)}` : '');
  return isOneDay ? time : `${formats.dayMonth(start)} ${time}`;
}

/** A window in full. */
export function windowText(from: number, to: number, zone: string): string {
  const { date, shortTime } = formatsFor(language.value, zone);
  const text = (at: number) => `${date(at)} ${shortTime(at)}`;
  const isOneDay = date(from) === date(to - 1);
  return `${text(from)} – ${isOneDay && date(from) === date(to) ? shortTime(to) : text(to)}`;
}

/** "3 until 12:00, 4 since"; undefined where one version holds all the time (N13). */
export function definitionsText({ definitions, from, to, timeZone }: IntervalReport): string | undefined {
  if (definitions.length < 2) return undefined;
  const w = words.value;
  const { date, shortTime } = formatsFor(language.value, timeZone);
  const isOneDay = date(from) === date(to - 1);
  const text = (at: number) => (isOneDay ? shortTime(at) : `${date(at)} ${shortTime(at)}`);
  const list = definitions.map(({ version }, index) => {
    const next = definitions[index + 1];
    return next
      ? fill(w.reportsDefinitionUntil, { version, time: text(next.since) })
      : fill(w.reportsDefinitionSince, { version });
  });
  return fill(w.reportsDefinitions, { list: list.join(', ') });
}
