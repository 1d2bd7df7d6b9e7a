/** Italian: first contact resolution. */
import type { Words } from '../../shared/words.ts';
import type { fcrEn } from './fcr-en.ts';

export const fcrIt: Words<typeof fcrEn> = {
  reportViews: 'Tipo di rapporto',
  reportViewFigures: 'Indicatori',
  reportViewFcr: 'Risoluzione al primo contatto',
  fcr: 'Risoluzione al primo contatto',
  fcrShort: 'FCR',
  fcrDays: 'Ripetizione entro, giorni',
  fcrTopic: 'Argomento',
  fcrTopicQueue: 'Stessa coda',
  fcrTopicAny: 'Qualsiasi coda',
  fcrTransfers: 'Contatti trasferiti',
  fcrTransfersResolved: 'Contano come risolti',
  fcrTransfersUnresolved: 'Non contano',
  fcrMethod: 'Metodo: nessun nuovo contatto entro {days}',
  fcrDaysText: { one: '# giorno', other: '# giorni' },
  fcrMethodQueue:
    'è risolto il contatto dopo il quale lo stesso cliente non si è rifatto vivo sullo stesso argomento entro {days} dalla prima gestione, su qualsiasi canale. L’argomento è la coda che ha gestito il contatto per prima',
  fcrMethodAny:
    'è risolto il contatto dopo il quale lo stesso cliente non si è rifatto vivo entro {days} dalla prima gestione, su qualsiasi canale e per qualsiasi motivo',
  fcrTransferResolvedHelp: 'Un contatto trasferito conta come risolto se il cliente non si è rifatto vivo.',
  fcrTransferUnresolvedHelp:
    'Un contatto trasferito non conta come risolto, anche se il cliente non si è rifatto vivo.',
  fcrCredited:
    'Un contatto conta per la coda e l’operatore che l’hanno gestito per primi, al termine di quella gestione. A nessuno si chiede se è stato risolto: né operatori né clienti per ora lo indicano.',
  fcrOpenNote: { one: '# contatto è ancora aperto', other: '# contatti sono ancora aperti' },
  fcrOpenHelp: 'i loro {days} non sono trascorsi',
  fcrAnonymousNote: {
    one: '# contatto di un cliente sconosciuto',
    other: '# contatti di clienti sconosciuti',
  },
  fcrNotCounted: 'Non entrano nell’indicatore.',
  fcrContacts: 'Contatti',
  fcrResolved: 'Risolti',
  fcrRepeated: 'Ripetuti',
  fcrTransferred: 'Trasferiti',
  fcrOpen: 'Ancora aperti',
  fcrAnonymous: 'Cliente sconosciuto',
  fcrBadDays: 'La finestra va da 1 a 90 giorni.',
  fcrHandledAt: 'Prima gestione',
  fcrCustomer: 'Cliente',
  fcrWhat: 'Esito',
  fcrAfter: 'ripetuto dopo {time}',
  fcrBefore: 'prima della gestione',
};
