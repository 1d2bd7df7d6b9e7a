/**
 * "What happens on 31 December 23:30": the answer to a dialled number at an instant, by the same calendars that calls are
 * judged by. Pure, and it changes nothing; how full a queue will be then nobody knows, so it ends where the queue begins.
 */
import { DateTime } from 'luxon';
import type { Simulation } from '../contract/hours.ts';
import type { Site, SiteNumber, SiteQueue } from '../contract/site.ts';
import { explain, nextChange } from './hours.ts';
import type { HoursCalendar } from './hours.ts';

/** The part of a site in force that is asked. */
export interface HoursSite {
  readonly isSet: boolean;
  readonly site: Site;
  number(dialled: string): SiteNumber | undefined;
  queue(queueId: string): SiteQueue | undefined;
  hoursCalendar(hoursId: string): HoursCalendar | undefined;
}

export interface AskedInstant {
  atMs: number;
  clock: Simulation['clock'];
}

/** An instant, or a time on the wall of `timeZone`; undefined where there is no such date or time. */
export function readInstant(text: string, timeZone: string): AskedInstant | undefined {
  const asked = DateTime.fromISO(text, { zone: timeZone });
  if (!asked.isValid) return undefined;
  const atMs = asked.toMillis();
  if (/(Z|[+-]\d\d:\d\d)$/.test(text)) return { atMs, clock: 'plain' };
  const isAsWritten = asked.toISO({ includeOffset: false })?.startsWith(text.slice(0, 16)) === true;
  if (!isAsWritten) return { atMs, clock: 'skipped' };
  const [first = asked, ...others] = asked.getPossibleOffsets().sort((a, b) => a.toMillis() - b.toMillis());
  return { atMs: first.toMillis(), clock: others.length > 0 ? 'twice' : 'plain' };
}

/** What callers hear where the number names no message of its own; as in server/app/caller-sound.ts. */
const closedPrompt = 'closed';

export function simulate(site: HoursSite, dialled: string, { atMs, clock }: AskedInstant): Simulation {
  const { timeZone } = site.site.site;
  const local = DateTime.fromMillis(atMs, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm");
  const base = { at: atMs, local, timeZone, clock, number: dialled };
  const number = site.number(dialled);
  if (!number) return { ...base, outcome: { kind: 'unknown-number' } };
  const calendar = number.hours === undefined ? undefined : site.hoursCalendar(number.hours);
  const why = calendar && explain(calendar, atMs);
  const changesAt = calendar && nextChange(calendar, atMs);
  return {
    ...base,
    ...(number.name !== undefined && { numberName: number.name }),
    ...(calendar &&
      why && {
        hours: {
          id: calendar.id,
          name: calendar.name,
          ...why,
          ...(changesAt !== undefined && { changesAt }),
        },
      }),
    outcome:
      why === undefined || why.isOpen
        ? {
            kind: 'queue',
            queueId: number.queue,
            queueName: site.queue(number.queue)?.name ?? number.queue,
            greeting: number.greeting,
          }
        : { kind: 'message', promptId: number.closedMessage ?? closedPrompt },
  };
}
