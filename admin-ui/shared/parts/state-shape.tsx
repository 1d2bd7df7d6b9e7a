/** A shape for each state of an agent and of what is on or off: colour never stands alone. */
import type { AgentState } from '../../../server/contract/events.ts';

export const disc = 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14z';
export const ring = `${disc}M10 5.400a4.600 4.600 0 1 0 0 9.200a4.600 4.600 0 0 0 0-9.200z`;
export const diamond = 'M10 2L18 10L10 18L2 10z';
export const speech = 'M3 4h14v9h-7l-4 4v-4H3z';
export const pause = 'M5 3h4v14H5zM11.500 3h4v14h-4z';
const lines = 'M3 4h14v2.600H3zM3 8.700h14v2.600H3zM3 13.400h9v2.600H3z';
const barred = `${disc}M6 8.700v2.600h8V8.700z`;
const cross = 'M5 3l5 5 5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5-5-5z';
export const arrow = 'M3 8.500h8V4l6 6-6 6v-4.500H3z';

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

export function Shape({ of: [path, tone] }: { of: [string, Tone] }) {
  return (
    <svg class={`icon tone-${tone}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={path} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}
export function AgentShape({ state }: { state: AgentState }) {
  return <Shape of={agentShapes[state]} />;
}
export function OnOffShape({ isOn, isBad = false }: { isOn: boolean; isBad?: boolean }) {
  return <Shape of={isOn ? [disc, 'ready'] : isBad ? [cross, 'bad'] : [ring, 'off']} />;
}
