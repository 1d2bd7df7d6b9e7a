/** What the house itself says in a chat, by language. Agents' and site's own words go before these. */
import type { Language } from '../../contract/site.ts';

interface ChatWords {
  idleWarning: string;
  idleClosed: string;
  agentJoined: string;
  allBusy: string;
}

export const chatWords: Readonly<Record<Language, ChatWords>> = {
  en: {
    idleWarning: 'Are you still there? Without an answer, this chat will be closed.',
    idleClosed: 'This chat was closed, as there was no answer. You are welcome to begin another one.',
    agentJoined: '{name} is with you now.',
    allBusy: 'Nobody can take your chat at the moment. Please try again later, or leave us a message.',
  },
  it: {
    idleWarning: 'È ancora qui? Senza risposta la chat verrà chiusa.',
    idleClosed: 'La chat è stata chiusa perché non c’è stata risposta. Può aprirne un’altra quando vuole.',
    agentJoined: '{name} è ora con Lei.',
    allBusy: 'Al momento nessuno può rispondere in chat. Riprovi più tardi o ci lasci un messaggio.',
  },
  ru: {
    idleWarning: 'Вы ещё здесь? Без ответа чат будет закрыт.',
    idleClosed: 'Чат закрыт, так как ответа не было. Вы можете начать новый.',
    agentJoined: 'С вами на связи {name}.',
    allBusy: 'Сейчас никто не может ответить в чате. Попробуйте позже или оставьте сообщение.',
  },
};
