/** Russian: a chat or mail that a supervisor returns to its queue. */
import type { Words } from '../../shared/words.ts';
import type { returnEn } from './return-en.ts';

export const returnRu: Words<typeof returnEn> = {
  returnButton: 'Вернуть в очередь',
  returnButtonOf: 'Вернуть в очередь: {customer}, сейчас у оператора {agent}',
  returnTitle: 'Вернуть в очередь «{queue}»?',
  returnConfirm: 'Вернуть в очередь',
  returnCustomer: 'Клиент',
  returnText:
    'У оператора {agent} обращения больше не будет: оно снова ждёт в очереди, прежнее ожидание засчитывается; минуту его предлагают только другим. Переписка сохраняется.',
  returnSomeChat: 'Чат без имени',
  returnSomeMail: 'Письмо без отправителя',
  returnDone: '{customer}: снова в очереди «{queue}», был оператор {agent}.',
  returnRefused: '{customer}: {why}',
  returnNotText: 'это звонок. Вернуть можно только чат или письмо.',
  returnNotWithAgent: 'с этим обращением уже никто не работает.',
  returnOtherAgent: 'обращение уже у другого оператора.',
  returnQueueClosed: 'очередь сейчас никого не принимает; обращение остаётся у оператора.',
  returnQueueRemoved: 'этой очереди больше нет в файле площадки; обращение остаётся у оператора.',
  returnOver: 'обращение уже завершено.',
};
