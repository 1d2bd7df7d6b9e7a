/** Italian: what a user who is limited to some teams and queues sees. */
import type { Words } from '../../shared/words.ts';
import type { viewEn } from './view-en.ts';

export const viewIt: Words<typeof viewEn> = {
  viewAll: 'Tutta la sede',
  viewTeam: 'Squadra {names}',
  viewTeams: 'Squadre {names}',
  viewNothing: 'Niente di ciò che la sede ha ancora',
  viewLegend: 'Che cosa vede questo utente',
  viewOnly: 'Solo queste squadre e code',
  viewTeamsLabel: 'Squadre',
  viewQueuesLabel: 'Code',
  viewHelp:
    'Di una squadra: gli operatori e il loro lavoro. Di una coda: i contatti e gli indicatori. Il resto resta nascosto.',
  viewNone: 'La sede non ne ha.',
  viewChoose: 'Scegliere almeno una squadra o una coda.',
  viewUnknown: 'Questa squadra o coda non è più nella sede. Ricaricare la pagina.',
  viewGone: 'non più nella sede',
  viewYours: 'Lei vede',
  viewPart: 'Indicatori delle sole code e squadre assegnate',
  errorOutsideView: 'Non fa parte delle squadre e delle code che lei può vedere.',
};
