/** Russian: first contact resolution. */
import type { Words } from '../../shared/words.ts';
import type { fcrEn } from './fcr-en.ts';

export const fcrRu: Words<typeof fcrEn> = {
  reportViews: 'Вид отчёта',
  reportViewFigures: 'Показатели',
  reportViewFcr: 'Решение с первого обращения',
  fcr: 'Решение с первого обращения',
  fcrShort: 'FCR',
  fcrDays: 'Повтор в течение, дней',
  fcrTopic: 'Тема',
  fcrTopicQueue: 'Та же очередь',
  fcrTopicAny: 'Любая очередь',
  fcrTransfers: 'Переведённые обращения',
  fcrTransfersResolved: 'Считать решёнными',
  fcrTransfersUnresolved: 'Не считать',
  fcrMethod: 'Метод: без повтора в течение {days}',
  fcrDaysText: { one: '# дня', few: '# дней', many: '# дней', other: '# дня' },
  fcrMethodQueue:
    'решено то обращение, после которого тот же клиент не обратился снова по той же теме в течение {days} после первой обработки, по любому каналу. Тема — это очередь, которая обработала обращение первой',
  fcrMethodAny:
    'решено то обращение, после которого тот же клиент не обратился снова в течение {days} после первой обработки, по любому каналу и по любому поводу',
  fcrTransferResolvedHelp: 'Переведённое обращение считается решённым, если клиент не обратился снова.',
  fcrTransferUnresolvedHelp:
    'Переведённое обращение не считается решённым, даже если клиент больше не обратился.',
  fcrCredited:
    'Обращение учтено за очередью и оператором, которые обработали его первыми, в момент окончания этой обработки. Отметок «решено» от операторов или клиентов пока нет: никого об этом не спрашивают.',
  fcrOpenNote: {
    one: '# обращение ещё открыто',
    few: '# обращения ещё открыты',
    many: '# обращений ещё открыто',
    other: '# обращения ещё открыты',
  },
  fcrOpenHelp: 'срок в {days} не истёк',
  fcrAnonymousNote: {
    one: '# обращение неизвестного клиента',
    few: '# обращения неизвестных клиентов',
    many: '# обращений неизвестных клиентов',
    other: '# обращения неизвестных клиентов',
  },
  fcrNotCounted: 'В показатель они не входят.',
  fcrContacts: 'Обращения',
  fcrResolved: 'Решено',
  fcrRepeated: 'С повтором',
  fcrTransferred: 'Переведено',
  fcrOpen: 'Ещё открыто',
  fcrAnonymous: 'Клиент неизвестен',
  fcrBadDays: 'Окно повтора — от 1 до 90 дней.',
  fcrHandledAt: 'Первая обработка',
  fcrCustomer: 'Клиент',
  fcrWhat: 'Результат',
  fcrAfter: 'повтор через {time}',
  fcrBefore: 'повтор до обработки',
};
