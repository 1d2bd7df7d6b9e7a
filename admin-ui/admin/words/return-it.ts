/** Italian: a chat or mail that a supervisor returns to its queue. */
import type { Words } from '../../shared/words.ts';
import type { returnEn } from './return-en.ts';

export const returnIt: Words<typeof returnEn> = {
  returnButton: 'Rimetti in coda',
  returnButtonOf: 'Rimetti in coda: {customer}, ora con {agent}',
  returnTitle: 'Rimettere nella coda «{queue}»?',
  returnConfirm: 'Rimetti in coda',
  returnCustomer: 'Cliente',
  returnText:
    'Lascia le mani di {agent} e torna in attesa, con l’attesa che aveva; per un minuto viene offerto solo ad altri. Quanto è stato scritto resta.',
  returnSomeChat: 'Chat senza nome',
  returnSomeMail: 'E-mail senza mittente',
  returnDone: '{customer}: tolto a {agent}, di nuovo nella coda «{queue}».',
  returnRefused: '{customer}: {why}',
  returnNotText: 'è una chiamata. Si possono rimettere in coda solo chat ed e-mail.',
  returnNotWithAgent: 'nessun operatore ci lavora più.',
  returnOtherAgent: 'ormai è di un altro operatore.',
  returnQueueClosed: 'la coda ora non fa entrare nessuno; resta all’operatore.',
  returnQueueRemoved: 'la sua coda non è più nel file del sito; resta all’operatore.',
  returnOver: 'è già concluso.',
};
