/** Russian: what a supervisor does with an agent on the live page. */
import type { Words } from '../../shared/words.ts';
import type { agentEn } from './agent-en.ts';

export const agentRu: Words<typeof agentEn> = {
  agentActions: 'Действия: {agent}',
  agentReady: 'Готов',
  agentReadyAfter: 'Готов после разговора',
  agentReadyBack: 'Готов, когда вернётся телефон',
  agentNotReady: 'Не готов',
  agentNotReadyAfterCall: 'Не готов после разговора',
  agentNotReadyAfterWrapUp: 'Не готов после постобработки',
  agentNotReadyBack: 'Не готов, когда вернётся телефон',
  agentEndWrapUp: 'Завершить постобработку сейчас',
  agentLogOut: 'Вывести из системы …',
  agentLogOutAfterCall: 'Вывести после разговора …',
  agentLogOutAfterWrapUp: 'Вывести после постобработки …',
  agentLogOutTitle: 'Вывести из системы: {agent}?',
  agentLogOutConfirm: 'Вывести',
  agentLogOutNow:
    'С этой минуты {agent} не получает звонков. Войти снова оператор может только сам, с телефона.',
  agentLogOutRinging: 'Вызов, который там звонит, перейдёт следующему оператору.',
  agentLogOutAfter:
    'Идущий разговор и его постобработка не прерываются; выход произойдёт после них. Войти снова оператор может только сам, с телефона.',
  agentWhy: 'Почему (можно не заполнять)',
  agentWhyHelp: 'Попадёт в журнал аудита вместе с вашим именем.',
  agentDone: '{agent}: «{state}» — {when}.',
  agentDoneNow: 'сразу',
  agentDoneAfter: 'когда закончатся разговор и постобработка',
  agentDoneBack: 'когда вернётся телефон',
  agentWrapUpEnded: '{agent}: постобработка завершена.',
  agentRefused: '{agent}: {why}',
  agentAlready: 'так уже есть, или об этом уже попросили.',
  agentLoggedOut: 'вне системы. Войти оператор может только сам, с телефона.',
  agentNotInWrapUp: 'постобработка уже закончилась.',
  agentInWrapUp: 'идёт постобработка, «Готов» её не прерывает. Завершите постобработку.',
  agentPhoneGone: 'телефон не зарегистрирован. «Готов» наступит сам, когда он вернётся.',
  agentLeaving: 'больше нет в файле площадки; выход после разговора.',
  agentUnknown: 'больше нет в файле площадки.',
  agentUnsure: 'Неизвестно, выполнено ли это: посмотрите в таблицу, когда сервер ответит.',
  closeMessage: 'Закрыть сообщение',
};
