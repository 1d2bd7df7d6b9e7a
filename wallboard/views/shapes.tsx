/**
 * One shape for each state and level: colour never stands alone (WCAG 1.4.1), so that one reader in
 * twelve who sees red and green alike reads the wall as well as the others.
 */
import type { Level } from '../live/thresholds.ts';
import type { ShownState } from '../../admin-ui/shared/site-figures.ts';

const paths: Record<ShownState, string> = {
  ready: 'M10 2a8 8 0 1 1 0 16a8 8 0 0 1 0-16z',
  ringing: 'M10 1L19 10L10 19L1 10z',
  talking: 'M2 3h16v11h-8l-5 4v-4h-3z',
  hold: 'M4 2h4.5v16h-4.5zM11.5 2h4.5v16h-4.5z',
  'wrap-up': 'M2 3h16v3h-16zM2 8.5h16v3h-16zM2 14h10v3h-10z',
  'not-ready': 'M10 2a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM5 8.5v3h10v-3z',
  unreachable: 'M4 1.5L10 7.5L16 1.5L18.5 4L12.5 10L18.5 16L16 18.5L10 12.5L4 18.5L1.5 16L7.5 10L1.5 4z',
  'logged-out': 'M10 2a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM10 4.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11z',
};

export function StateShape({ state }: { state: ShownState }) {
  return (
    <svg class={`shape state-${state}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[state]} fill-rule="evenodd" />
    </svg>
  );
}

export function LevelShape({ level }: { level: Exclude<Level, 'calm'> }) {
  const outline = level === 'amber' ? 'M10 1.5L19.5 18.5H0.5z' : 'M6 1h8l5 5v8l-5 5h-8l-5-5v-8z';
  const mark =
    level === 'amber' ? 'M9 7h2v6h-2zM9 14.5h2v2h-2z' : 'M8.9 4.5h2.2v7.5h-2.2zM8.9 13.5h2.2v2.2h-2.2z';
  return (
    <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
      <path d={`${outline}${mark}`} fill-rule="evenodd" />
    </svg>
  );
}

/** A hearth under one line: the product's mark. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 26h26v2.6H3z" />
      <path d="M16 3c1 4.5 7 7 7 13.2A7 7 0 0 1 16 23a7 7 0 0 1-7-6.8c0-3 1.6-4.6 2.8-6.6c.6 1.6 1.2 2.4 2.2 3C13.6 9 14.4 6 16 3z" />
    </svg>
  );
}
