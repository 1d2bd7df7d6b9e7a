/** Desks to start from: an empty one, and a busy one in each language, as a bank's afternoon looks. */
import type { DeskTargets, DeskView } from '../../server/contract/desk.ts';
import { cardOf, oneCustomer, severalCustomers } from './desk-customers.ts';
import type { DeskBackend } from './desk-backend.ts';

const minuteMs = 60_000;

/** Ready, with nothing in hand. */
export function emptyDesk(now: number): DeskView {
  return {
    agentId: '207',
    name: 'Nina Ricci',
    state: 'ready',
    since: now - 4 * minuteMs,
    phoneId: '1007',
    reasons: [
      { id: 'break', name: 'Break' },
      { id: 'lunch', name: 'Lunch' },
      { id: 'meeting', name: 'Meeting' },
      { id: 'training', name: 'Training' },
    ],
    offers: [],
    mine: [],
    queues: [
      { queueId: 'cards', name: 'Card services', waiting: 0 },
      { queueId: 'accounts', name: 'Current accounts', waiting: 3, oldestAt: now - 2 * minuteMs },
      { queueId: 'mortgages', name: 'Mortgages and loans', waiting: 0 },
    ],
    capacity: { voice: 1, chat: 3, mail: 5 },
    dispositions: [
      { id: 'solved', name: 'Solved' },
      { id: 'passed-on', name: 'Passed on to a branch' },
      { id: 'complaint', name: 'Complaint' },
      { id: 'no-answer', name: 'Customer did not answer' },
    ],
  };
}

/** Whom a contact may be passed on to: the queues of the desk, and three colleagues. */
export const targetsOf = ({ queues }: DeskView): DeskTargets => ({
  queues: queues.map(({ queueId, name }) => ({ queueId, name })),
  agents: [
    { agentId: '201', name: 'Amelia Hart', isReady: true },
    { agentId: '202', name: 'Oliver Webb', isReady: false },
    { agentId: '205', name: 'Marco Bianchi', isReady: true },
  ],
});

interface SceneTexts {
  agent: string;
  reasons: string[];
  queues: string[];
  dispositions: string[];
  customers: string[];
  subject: string;
  mail: string;
  mailQuoted: string;
  mailAnswer: string;
  mailNote: string;
  mailAgain: string;
  chat: [author: 'customer' | 'agent', text: string][];
  chatTwo: string;
  subjectTwo: string;
  mailTwo: string;
  offered: string;
}

const scenes: Record<string, SceneTexts> = {
  en: {
    agent: 'Nina Ricci',
    reasons: ['Break', 'Lunch', 'Meeting', 'Training'],
    queues: ['Card services', 'Current accounts', 'Mortgages and loans'],
    dispositions: ['Solved', 'Passed on to a branch', 'Complaint', 'Customer did not answer'],
    customers: ['Margaret Ellis', 'Tom Okafor', 'Priya Nair', 'Jonathan Whitcombe', 'Sofia Lindqvist'],
    subject: 'Card charged twice at the same shop',
    mail: 'Good afternoon,\n\non Friday my card was charged twice for the same purchase at Harlow & Sons: 48.20 each time, two minutes apart. The shop says that they see only one payment.\n\nThe receipt is attached. Could you please return the second amount?\n\nKind regards\nMargaret Ellis',
    mailQuoted: '> Thank you for shopping at Harlow & Sons.\n> Your receipt is attached.',
    mailAnswer:
      'Dear Ms Ellis,\n\nthank you for the receipt. I can see both bookings; the second one is still reserved and not yet paid out. I have asked our card team to release it.',
    mailNote: 'Asked the card team, ticket 88213. They answer until 16:00.',
    mailAgain: 'Thank you, that was quick. Will I see it on my statement, or does it simply vanish?',
    chat: [
      ['customer', 'Hello, my new card has come but the app says that it is not active.'],
      ['agent', 'Hello Tom, I am happy to help. Have you paid with it in a shop, with the PIN?'],
      ['customer', 'Not yet. Do I have to?'],
      ['agent', 'Yes: the first payment with the PIN, or any cash machine, switches it on.'],
      ['customer', 'Ah! I will try the machine downstairs, one moment'],
    ],
    chatTwo: 'Is the branch in Mill Street open on Saturday?',
    subjectTwo: 'Change of address',
    mailTwo: 'We are moving on the first of December. Which forms do you need from me?',
    offered: 'I cannot transfer money to my savings account',
  },
  ru: {
    agent: 'Нина Соколова',
    reasons: ['Перерыв', 'Обед', 'Совещание', 'Обучение'],
    queues: ['Карты', 'Текущие счета', 'Ипотека и кредиты'],
    dispositions: ['Решено', 'Передано в отделение', 'Жалоба', 'Клиент не ответил'],
    customers: [
      'Маргарита Белова',
      'Тимур Ахмедов',
      'Полина Нечаева',
      'Константин Вознесенский',
      'София Линд',
    ],
    subject: 'Карту списали дважды в одном магазине',
    mail: 'Добрый день!\n\nВ пятницу в магазине «Харлоу» с моей карты дважды списали одну и ту же покупку: по 48,20 с разницей в две минуты. В магазине видят только один платёж.\n\nЧек приложен. Пожалуйста, верните вторую сумму.\n\nС уважением,\nМаргарита Белова',
    mailQuoted: '> Спасибо за покупку в магазине «Харлоу».\n> Чек во вложении.',
    mailAnswer:
      'Здравствуйте, Маргарита!\n\nСпасибо за чек. Я вижу обе операции; вторая пока только зарезервирована и не списана. Я попросила отдел карт снять резерв.',
    mailNote: 'Спросила отдел карт, заявка 88213. Ответят до 16:00.',
    mailAgain: 'Спасибо, как быстро! Это будет видно в выписке или просто исчезнет?',
    chat: [
      ['customer', 'Здравствуйте, пришла новая карта, но в приложении она не активна.'],
      ['agent', 'Здравствуйте, Тимур! Помогу. Вы уже платили ей в магазине, с ПИН-кодом?'],
      ['customer', 'Ещё нет. А нужно?'],
      ['agent', 'Да: карту включает первая оплата с ПИН-кодом или любой банкомат.'],
      ['customer', 'Понятно! Попробую банкомат внизу, одну минуту'],
    ],
    chatTwo: 'Отделение на Мельничной работает в субботу?',
    subjectTwo: 'Смена адреса',
    mailTwo: 'Первого декабря мы переезжаем. Какие документы вам нужны?',
    offered: 'Не могу перевести деньги на накопительный счёт',
  },
  it: {
    agent: 'Nina Ricci',
    reasons: ['Pausa', 'Pranzo', 'Riunione', 'Formazione'],
    queues: ['Servizio carte', 'Conti correnti', 'Mutui e prestiti'],
    dispositions: ['Risolto', 'Passato alla filiale', 'Reclamo', 'Il cliente non ha risposto'],
    customers: [
      'Margherita Esposito',
      'Tommaso Greco',
      'Paola Neri',
      'Giovanni Battista Rinaldi',
      'Sofia Lind',
    ],
    subject: 'Carta addebitata due volte nello stesso negozio',
    mail: 'Buongiorno,\n\nvenerdì la mia carta è stata addebitata due volte per lo stesso acquisto da Harlow: 48,20 ogni volta, a due minuti di distanza. Il negozio vede un solo pagamento.\n\nAllego lo scontrino. Potreste restituirmi il secondo importo?\n\nCordiali saluti\nMargherita Esposito',
    mailQuoted: '> Grazie per il tuo acquisto da Harlow.\n> Lo scontrino è in allegato.',
    mailAnswer:
      'Gentile signora Esposito,\n\ngrazie per lo scontrino. Vedo entrambe le operazioni; la seconda è solo prenotata e non ancora pagata. Ho chiesto al reparto carte di annullarla.',
    mailNote: 'Chiesto al reparto carte, pratica 88213. Rispondono entro le 16:00.',
    mailAgain: 'Grazie, siete stati veloci. La vedrò nell’estratto conto o sparirà e basta?',
    chat: [
      ['customer', 'Buongiorno, è arrivata la carta nuova ma nell’app risulta non attiva.'],
      ['agent', 'Buongiorno Tommaso, la aiuto volentieri. L’ha già usata in un negozio, con il PIN?'],
      ['customer', 'Non ancora. Devo farlo?'],
      ['agent', 'Sì: la attiva il primo pagamento con il PIN, oppure qualsiasi sportello.'],
      ['customer', 'Ah! Provo lo sportello qui sotto, un momento'],
    ],
    chatTwo: 'La filiale di via dei Mulini è aperta il sabato?',
    subjectTwo: 'Cambio di indirizzo',
    mailTwo: 'Il primo dicembre traslochiamo. Quali moduli vi servono?',
    offered: 'Non riesco a trasferire denaro sul conto deposito',
  },
};

function nameIn(backend: DeskBackend, texts: SceneTexts): void {
  const { view } = backend;
  view.name = texts.agent;
  view.reasons.forEach((reason, index) => Object.assign(reason, { name: texts.reasons[index] }));
  view.dispositions.forEach((entry, index) => Object.assign(entry, { name: texts.dispositions[index] }));
  view.queues.forEach((queue, index) => Object.assign(queue, { name: texts.queues[index] }));
}

/** A long one: pages must bear it. */
const mailOf = (name: string) => ({
  kind: 'mail',
  value: `a-rather-long-address-${name.length}@customers.example.org`,
});

/** A call, a mail with a history, two chats, a mail that waits, and an offer. Contacts: call, mail, chat, chat2, mail2. */
export function busyDesk(backend: DeskBackend, language: string): void {
  const texts = scenes[language] ?? scenes['en'];
  if (!texts) throw new Error('there is no scene');
  nameIn(backend, texts);
  const now = Date.now();
  const ago = (minutes: number) => now - minutes * minuteMs;
  const queue = (index: number) => ({
    queueId: backend.view.queues[index]?.queueId ?? 'cards',
    queueName: texts.queues[index] ?? '',
  });
  const who = (index: number, address?: string) => ({
    customer: { name: texts.customers[index] ?? '', ...(address !== undefined && { address }) },
    language,
  });
  Object.assign(backend.view, { state: 'talking', since: ago(3) });
  backend.put({
    contactId: 'call',
    channel: 'voice',
    ...queue(1),
    ...who(3, '+44 20 7946 0958'),
    since: ago(3),
    arrivedAt: ago(4),
  });
  const mail = { contactId: 'mail', channel: 'mail' as const, via: 'mail:help', subject: texts.subject };
  const address = 'm.ellis@example.org';
  backend.put({ ...mail, ...queue(0), ...who(0, address), since: ago(14), arrivedAt: ago(96) });
  const from = { name: texts.customers[0] ?? '', address };
  const written = backend.write('mail', {
    text: texts.mail,
    quoted: texts.mailQuoted,
    at: ago(96),
    from,
    hasHtml: true,
    attachments: [
      {
        attachmentId: 'r1',
        name: 'receipt-harlow.pdf',
        mime: 'application/pdf',
        bytes: 84_213,
        isPicture: false,
      },
      {
        attachmentId: 'r2',
        name: 'invoice.docm',
        mime: 'application/msword',
        bytes: 18_213,
        isPicture: false,
        refused: 'type',
      },
    ],
  });
  backend.html.set(
    written.messageId,
    `<div style="font:15px Georgia,serif;color:#234"><p>${texts.mail.replaceAll('\n', '<br>')}</p></div>`,
  );
  const own = { author: 'agent' as const, agentId: backend.view.agentId };
  backend.write('mail', { ...own, text: texts.mailAnswer, at: ago(12), delivery: 'delivered' });
  backend.write('mail', { ...own, text: texts.mailNote, at: ago(11), isNote: true });
  backend.write('mail', { text: texts.mailAgain, at: ago(2), from });
  backend.put({
    contactId: 'chat',
    channel: 'chat',
    via: 'chat:web',
    ...queue(0),
    ...who(1),
    since: ago(6),
    arrivedAt: ago(7),
    isCustomerHere: true,
    isTyping: true,
  });
  texts.chat.forEach(([author, text], index) =>
    backend.write('chat', {
      text,
      author,
      at: ago(6 - index),
      ...(author === 'agent' && { ...own, delivery: 'sent' as const }),
    }),
  );
  backend.put({
    contactId: 'chat2',
    channel: 'chat',
    ...queue(1),
    ...who(2),
    since: ago(1),
    arrivedAt: ago(2),
    isCustomerHere: false,
  });
  backend.write('chat2', { text: texts.chatTwo, at: ago(1) });
  backend.put({
    contactId: 'mail2',
    channel: 'mail',
    subject: texts.subjectTwo,
    ...queue(2),
    ...who(4, 's.lindqvist@example.org'),
    since: ago(31),
    arrivedAt: ago(55),
  });
  backend.write('mail2', { text: texts.mailTwo, at: ago(55), from: { address: 's.lindqvist@example.org' } });
  backend.change('mail2', { unread: 0 });
  backend.change('chat', { unread: 0 });
  const [first = '', second = '', third, fourth = '', fifth = ''] = texts.customers;
  const number = { kind: 'phone', value: '+442079460958' };
  const mails = { kind: 'mail', value: address };
  const calls = { voice: 2, mail: 11, callback: 1 };
  backend.customers.set('mail', oneCustomer(cardOf('cu1', first, [mails, number], calls, ago(9000))));
  backend.customers.set(
    'chat',
    oneCustomer({ ...cardOf('cu2', second, [mailOf(second)]), isProvisional: true }),
  );
  const sharers = [
    cardOf('cu4', fourth, [number], { voice: 5 }, ago(4000)),
    cardOf('cu5', fifth, [number, mails]),
  ];
  backend.customers.set('call', severalCustomers(number, sharers));
  backend.cards.push(
    ...sharers,
    cardOf('cu1', first, [mails, number]),
    cardOf('cu9', third ?? '', [mailOf('x')]),
  );
  backend.offer(
    {
      contactId: 'offered',
      channel: 'chat',
      ...queue(1),
      customer: { name: third ?? '' },
      language,
      preview: texts.offered,
      arrivedAt: now - 40_000,
    },
    45_000,
  );
}
