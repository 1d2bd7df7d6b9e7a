/** Russian: the emergency switch of the live page. */
import type { Words } from '../../shared/words.ts';
import type { emergencyEn } from './emergency-en.ts';

export const emergencyRu: Words<typeof emergencyEn> = {
  emergencyTitle: 'Аварийный режим',
  emergencyOpen: 'Аварийный режим …',
  emergencyAll: 'Аварийный режим: все очереди',
  emergencyQueue: 'Аварийный режим: очередь «{queue}»',
  emergencyCount: 'Всего включено: {count}.',
  emergencySeenBy:
    'Это видят все, у кого открыта эта страница. Выключить могут супервизоры и администраторы.',
  emergencyOver: 'Аварийный режим больше нигде не включён.',
  emergencyUnread: 'Сейчас не узнать, включён ли аварийный режим. {why}',
  emergencyWhich: 'Для каких очередей?',
  emergencyScopeAll: 'Все очереди',
  emergencyWaiting: { one: 'ждёт #', few: 'ждут #', many: 'ждут #', other: 'ждут #' },
  emergencyIsOn: 'включён',
  emergencyWhat: 'Что произойдёт',
  emergencyChoose: 'Сначала выберите. До подтверждения ничего не произойдёт.',
  emergencyAlready: 'Он уже включён.',
  emergencyNowAll:
    'Все, кто ждёт во всех очередях, сразу отправляются на аварийное сообщение; идущие разговоры продолжаются.',
  emergencyNowQueue:
    'Все, кто ждёт в «{queue}», сразу отправляются на аварийное сообщение; идущие разговоры продолжаются.',
  emergencyThen: 'Кто позвонит после этого, попадёт туда же, пока режим не выключат.',
  emergencyRinging:
    'Звонящий телефон оператора ещё можно снять; если его не снимут, этот звонок уйдёт туда же.',
  emergencyElsewhere:
    'Если в файле площадки для аварий указаны другая очередь или номер, звонки пойдут туда.',
  emergencyTold: 'Это увидят все, у кого открыта эта страница. Ваше имя попадёт в журнал аудита.',
  emergencyOn: 'Включить',
  emergencyOnAll: 'Включить для всех очередей',
  emergencyOnQueue: 'Включить для этой очереди',
  emergencyOff: 'Выключить',
  emergencyOffAsk: 'Выключить …',
  emergencyOffTitleAll: 'Выключить аварийный режим всех очередей?',
  emergencyOffTitleQueue: 'Выключить аварийный режим очереди «{queue}»?',
  emergencyOffAll: 'С этой минуты звонящие снова ждут в очередях. Те, кого отправили, не вернутся.',
  emergencyOffQueue: 'С этой минуты звонящие снова ждут в «{queue}». Те, кого отправили, не вернутся.',
  emergencyStillAll:
    'Аварийный режим всех очередей остаётся включён: пока его не выключат, в «{queue}» никто не ждёт.',
  emergencyStillQueues: 'Режим остаётся включён для: {queues}.',
  emergencyUnsure: 'Неизвестно, сработало ли переключение: посмотрите на страницу, когда сервер ответит.',
};
