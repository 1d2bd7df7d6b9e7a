/** The console's shapes: pages and states of calls. */
import type { ContactLive } from '../../../server/contract/live.ts';
import {
  Shape,
  arrow,
  disc,
  diamond,
  pause,
  ring,
  speech,
  type Tone,
} from '../../shared/parts/state-shape.tsx';

const pagePaths: Record<string, string> = {
  live: 'M2 10h3.500l2-6 4 12 2.500-6H18',
  alerts: 'M10 2.500v1.500M5 13.500V9a5 5 0 0 1 10 0v4.500l1.500 1.500h-13zM8.500 17.500h3',
  recordings: 'M10 3v9M7 6v3a3 3 0 0 0 6 0V6a3 3 0 0 0-6 0zM4 9a6 6 0 0 0 12 0M10 15v3',
  contacts: 'M5 3h4l1.500 4-2.500 1.500a9 9 0 0 0 4 4L13.500 10l4 1.500v4c-7 1-14-6-12.500-12.500z',
  decisions: 'M3 4.500h5l4 5.500h5M3 15.500h5l4-5.500M14.500 7.500L17 10l-2.500 2.500',
  reports: 'M3 3v14h14M6.500 14v-3.500M10 14V6.500M13.500 14V9',
  fairness: 'M10 3v14M6 17h8M4 5.500h12M4 5.500L1.500 11.500h5zM16 5.500l-2.500 6h5z',
  hours: 'M10 2.500a7.500 7.500 0 1 1 0 15a7.500 7.500 0 0 1 0-15zM10 6v4.200l3 1.800',
  channels: 'M3 10h4M13 4.500h4M13 10h4M13 15.500h4M7 10l3-5.500h3M7 10h6M7 10l3 5.500h3',
  quarantine: 'M3 5h14v10H3zM3 5.500l7 5.500 7-5.500M13 13l3 3M16 13l-3 3',
  blocks: 'M10 2.500a7.500 7.500 0 1 1 0 15a7.500 7.500 0 0 1 0-15zM4.700 4.700l10.600 10.600',
  boards: 'M2.500 3.500h15v13h-15zM2.500 8h15M9 8v8.500M9 12.200h8.500',
  displays: 'M2 4h16v10H2zM7 17.500h6',
  site: 'M4 2.500h8l4 4v11H4zM7 9h6M7 12.500h6',
  desk: 'M3 4.500h14v9h-7.500L6 16.500v-3H3z',
  users:
    'M7.500 3a3 3 0 1 1 0 6a3 3 0 0 1 0-6zM2 16.500c0-3 2.400-5 5.500-5s5.500 2 5.500 5M13 3.500a2.800 2.800 0 0 1 0 5.200M15 12c1.800.7 3 2.300 3 4.500',
  residency: 'M3 17V8l7-5 7 5v9zM8 17v-5h4v5',
  audit:
    'M10 2.500l6.500 2.500v5c0 4-3 6.500-6.500 7.500-3.500-1-6.500-3.500-6.500-7.500V5zM7 10l2.200 2.200L13 8',
};

export function PageIcon({ page }: { page: string }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d={pagePaths[page] ?? ''}
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

const callShapes: Record<ContactLive['state'], [string, Tone]> = {
  greeting: [ring, 'off'],
  waiting: [disc, 'waiting'],
  ringing: [diamond, 'ringing'],
  talking: [speech, 'talking'],
  hold: [pause, 'hold'],
  'flowed-out': [arrow, 'not-ready'],
};

export function CallShape({ state }: { state: ContactLive['state'] }) {
  return <Shape of={callShapes[state]} />;
}
