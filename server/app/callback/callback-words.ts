/** What the thread of a callback says to agents, in the language of the site. */
import { DateTime } from 'luxon';
import type { EventOf, NotReachedCause } from '../../contract/events.ts';
import type { Language } from '../../contract/site.ts';

interface Words {
  notReached: (cause: string) => string;
  nextTry: (time: string) => string;
  noMore: string;
  causes: Readonly<Record<NotReachedCause, string>>;
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    notReached: (cause) => `Not reached: ${cause}.`,
    nextTry: (time) => `Next try: ${time}.`,
    noMore: 'No further try.',
    causes: {
      busy: 'the line is busy',
      'no-answer': 'no answer',
      rejected: 'the call was declined',
      'wrong-number': 'there is no such number, or it may not be called',
      'no-line': 'no line to the outside',
      'agent-hung-up': 'the agent hung up first',
      interrupted: 'the call was interrupted by a fault',
    },
  },
  ru: {
    notReached: (cause) => `Не удалось дозвониться: ${cause}.`,
    nextTry: (time) => `Следующая попытка: ${time}.`,
    noMore: 'Попыток больше не будет.',
    causes: {
      busy: 'занято',
      'no-answer': 'нет ответа',
      rejected: 'вызов отклонён',
      'wrong-number': 'такого номера нет, или звонить на него нельзя',
      'no-line': 'нет внешней линии',
      'agent-hung-up': 'оператор положил трубку первым',
      interrupted: 'вызов прерван из-за сбоя',
    },
  },
  it: {
    notReached: (cause) => `Non raggiunto: ${cause}.`,
    nextTry: (time) => `Prossimo tentativo: ${time}.`,
    noMore: 'Nessun altro tentativo.',
    causes: {
      busy: 'la linea è occupata',
      'no-answer': 'nessuna risposta',
      rejected: 'la chiamata è stata rifiutata',
      'wrong-number': 'il numero non esiste o non può essere chiamato',
      'no-line': 'nessuna linea esterna',
      'agent-hung-up': 'l’operatore ha riagganciato per primo',
      interrupted: 'la chiamata è stata interrotta da un guasto',
    },
  },
};

/** `timeZone`: IANA name. */
export function notReachedText(
  { data: { cause, retryAt } }: Pick<EventOf<'contact.not-reached'>, 'data'>,
  language: Language,
  timeZone: string,
): string {
  const { notReached, nextTry, noMore, causes } = words[language];
  const time =
    retryAt === undefined
      ? undefined
      : DateTime.fromMillis(retryAt, { zone: timeZone, locale: language }).toLocaleString(
          DateTime.DATETIME_SHORT,
        );
  return `${notReached(causes[cause])} ${time === undefined ? noMore : nextTry(time)}`;
}
