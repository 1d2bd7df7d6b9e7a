/**
 * The imaginary bank's own script: its words in three languages, and the two tags that a real page would simply have in its
 * text. Served as written, so in plain JavaScript.
 */
const texts = {
  en: {
    title: 'A bank that answers',
    lead: 'Accounts, loans and cards, and people who have time for you: by chat, by phone and in sixty branches.',
    accounts: 'Accounts',
    accountsText: 'One account for everything, without a fee below the age of thirty.',
    loans: 'Loans',
    loansText: 'A clear rate, a clear end. We tell you on the same day.',
    cards: 'Cards',
    cardsText: 'Lost your card? Block it at once, day and night.',
    contact: 'We call you back',
    contactText: 'Tell us what it is about, and when it suits us both we shall call.',
    footer: 'This bank does not exist. The page shows the chat widget of Hearthline.',
  },
  ru: {
    title: 'Банк, который отвечает',
    lead: 'Счета, кредиты и карты, а ещё люди, у которых есть время для вас: в чате, по телефону и в шестидесяти отделениях.',
    accounts: 'Счета',
    accountsText: 'Один счёт на все случаи, до тридцати лет бесплатно.',
    loans: 'Кредиты',
    loansText: 'Понятная ставка, понятный срок. Ответ в тот же день.',
    cards: 'Карты',
    cardsText: 'Потеряли карту? Заблокируйте её сразу, днём и ночью.',
    contact: 'Мы вам перезвоним',
    contactText: 'Напишите, о чём речь, и мы позвоним.',
    footer: 'Такого банка нет. Страница показывает виджет чата Hearthline.',
  },
  it: {
    title: 'Una banca che risponde',
    lead: 'Conti, prestiti e carte, e persone che hanno tempo per lei: in chat, al telefono e in sessanta filiali.',
    accounts: 'Conti',
    accountsText: 'Un conto per tutto, senza canone sotto i trent’anni.',
    loans: 'Prestiti',
    loansText: 'Un tasso chiaro, una fine chiara. La risposta arriva in giornata.',
    cards: 'Carte',
    cardsText: 'Ha perso la carta? La blocchi subito, di giorno e di notte.',
    contact: 'La richiamiamo noi',
    contactText: 'Ci dica di che cosa si tratta e la chiameremo.',
    footer: 'Questa banca non esiste. La pagina mostra il widget di chat di Hearthline.',
  },
};

const query = new URLSearchParams(location.search);
const wished = query.get('lang') ?? 'en';
const language = wished in texts ? wished : 'en';
document.documentElement.lang = language;
for (const element of document.querySelectorAll('[data-word]'))
  element.textContent = texts[language][element.dataset.word];

function embed(data, place) {
  const script = document.createElement('script');
  script.src = 'widget.js';
  script.async = true;
  const theme = query.get('theme');
  Object.assign(script.dataset, data, { language }, theme === null ? {} : { theme });
  place.append(script);
}
embed({ widget: query.get('widget') ?? 'web' }, document.body);
embed({ form: query.get('form') ?? 'callback', colour: '#14453d' }, document.querySelector('#form-place'));
