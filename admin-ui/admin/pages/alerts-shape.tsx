/** A shape for each severity, and one for what is acknowledged: colour never stands alone. */
import type { Severity } from '../../../server/contract/alerts.ts';

const paths: Record<Severity, string> = {
  critical: 'M6.500 2h7L18 6.500v7L13.500 18h-7L2 13.500v-7zM9 5v6h2V5zM9 13v2h2v-2z',
  warning: 'M10 2l8.500 15.500h-17zM9 7.500v5h2v-5zM9 14v2h2v-2z',
};

export function SeverityShape({ severity }: { severity: Severity }) {
  return (
    <svg class={`icon alert-shape is-${severity}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[severity]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}
