/** The console's shapes: pages, states of agents and calls. Each state has its own, so that colour never stands alone. */
import type { AgentState } from '../../../server/contract/events.ts';
import type { ContactLive } from '../../../server/contract/live.ts';

const pagePaths: Record<string, string> = {
  live: 'M2 10h3.500l2-6 4 12 2.500-6H18',
  recordings: 'M10 3v9M7 6v3a3 3 0 0 0 6 0V6a3 3 0 0 0-6 0zM4 9a6 6 0 0 0 12 0M10 15v3',
  contacts: 'M5 3h4l1.500 4-2.500 1.500a9 9 0 0 0 4 4L13.500 10l4 1.500v4c-7 1-14-6-12.500-12.500z',
  decisions: 'M3 4.500h5l4 5.500h5M3 15.500h5l4-5.500M14.500 7.500L17 10l-2.500 2.500',
  fairness: 'M10 3v14M6 17h8M4 5.500h12M4 5.500L1.500 11.500h5zM16 5.500l-2.500 6h5z',
  hours: 'M10 2.500a7.500 7.500 0 1 1 0 15a7.500 7.500 0 0 1 0-15zM10 6v4.200l3 1.800',
  displays: 'M2 4h16v10H2zM7 17.500h6',
  site: 'M4 2.500h8l4 4v11H4zM7 9h6M7 12.500h6',
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

const disc = 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14z';
const ring = `${disc}M10 5.400a4.600 4.600 0 1 0 0 9.200a4.600 4.600 0 0 0 0-9.200z`;
const diamond = 'M10 2L18 10L10 18L2 10z';
const speech = 'M3 4h14v9h-7l-4 4v-4H3z';
const pause = 'M5 3h4v14H5zM11.500 3h4v14h-4z';
const lines = 'M3 4h14v2.600H3zM3 8.700h14v2.600H3zM3 13.400h9v2.600H3z';
const barred = `${disc}M6 8.700v2.600h8V8.700z`;
const cross = 'M5 3l5 5 5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5-5-5z';
const arrow = 'M3 8.500h8V4l6 6-6 6v-4.500H3z';

export type Tone =
  'ready' | 'ringing' | 'talking' | 'hold' | 'wrap-up' | 'not-ready' | 'bad' | 'off' | 'waiting';

const agentShapes: Record<AgentState, [string, Tone]> = {
  'logged-out': [ring, 'off'],
  'not-ready': [barred, 'not-ready'],
  ready: [disc, 'ready'],
  reserved: [diamond, 'ringing'],
  ringing: [diamond, 'ringing'],
  talking: [speech, 'talking'],
  hold: [pause, 'hold'],
  'wrap-up': [lines, 'wrap-up'],
  unreachable: [cross, 'bad'],
};
const callShapes: Record<ContactLive['state'], [string, Tone]> = {
  greeting: [ring, 'off'],
  waiting: [disc, 'waiting'],
  ringing: [diamond, 'ringing'],
  talking: [speech, 'talking'],
  hold: [pause, 'hold'],
  'flowed-out': [arrow, 'not-ready'],
};

function Shape({ of: [path, tone] }: { of: [string, Tone] }) {
  return (
    <svg class={`icon tone-${tone}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={path} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}
export function AgentShape({ state }: { state: AgentState }) {
  return <Shape of={agentShapes[state]} />;
}
export function CallShape({ state }: { state: ContactLive['state'] }) {
  return <Shape of={callShapes[state]} />;
}
export function OnOffShape({ isOn, isBad = false }: { isOn: boolean; isBad?: boolean }) {
  return <Shape of={isOn ? [disc, 'ready'] : isBad ? [cross, 'bad'] : [ring, 'off']} />;
}
