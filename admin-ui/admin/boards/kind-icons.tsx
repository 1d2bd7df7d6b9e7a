/** A small picture of each kind of widget. */
import type { WidgetKind } from '../../../server/contract/boards.ts';

const paths: Record<WidgetKind, string> = {
  number:
    'M4 5.500l2.500-1.500v12M11 6.200c.6-1.500 1.700-2.200 3-2.200c1.700 0 2.900 1.200 2.900 2.800c0 3.500-5.900 5-5.900 9.200h6',
  gauge: 'M3 15a7.300 7.300 0 1 1 14 0M10 13.500l3.500-4.800',
  agents:
    'M3 3.500h6v5.500H3zM11.500 3.500h5.500v5.500h-5.500zM3 11.500h6V17H3zM11.500 11.500h5.500V17h-5.500z',
  'agent-states': 'M3.500 16.500h13M5 16.500v-5M10 16.500v-12M15 16.500v-8',
  queues: 'M2.500 4h15v12h-15zM2.500 8h15M2.500 12h15M8 8v8',
  intraday: 'M3 3.500v13h14M5.500 13l3.500-5 3 3 4.500-6',
  waiters: 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14zM10 6.500V10l2.500 1.800',
  callbacks: 'M6 7.500h8a3.500 3.500 0 0 1 0 7H8M8.500 4.500l-3 3 3 3',
  channels: 'M3 10h4M13 4.500h4M13 10h4M13 15.500h4M7 10l3-5.500h3M7 10h6M7 10l3 5.500h3',
  news: 'M3 4.500h14v8.500H9l-3.500 3v-3H3zM6 7.500h8M6 10h5',
  clock: 'M10 2.800a7.200 7.200 0 1 1 0 14.400a7.200 7.200 0 0 1 0-14.400zM10 6v4h3.500',
  alerts: 'M10 3l7.500 13h-15zM10 8v4M10 13.800v.4',
};

export function KindIcon({ kind }: { kind: WidgetKind }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d={paths[kind]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
