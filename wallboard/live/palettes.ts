/**
 * Colours of laid-out boards: four palettes, each dark and light. `standard` is that of the standard board. The others keep
 * "watch" and "critical" apart for an eye without one of its cones, by lightness and by the hue that it still has. Never the
 * only sign: every level and state has its shape and its word. A test computes the contrast of each pair that is used.
 */
import type { Palette } from '../../server/contract/boards.ts';
import type { ShownState } from '../../admin-ui/shared/site-figures.ts';

export type Theme = 'dark' | 'light';

export interface Colours {
  ground: string;
  surface: string;
  line: string;
  text: string;
  quiet: string;
  ember: string;
  amber: string;
  amberGround: string;
  red: string;
  redGround: string;
  /** Of what is as it should be. */
  good: string;
  track: string;
  /** Series of the chart. */
  today: string;
  yesterday: string;
  lastWeek: string;
  states: Record<ShownState, string>;
}

const dark: Colours = {
  ground: '#0b1016',
  surface: '#111922',
  line: '#1f2a35',
  text: '#eef3f7',
  quiet: '#b4c1cd',
  ember: '#f4b860',
  amber: '#ffb938',
  amberGround: '#261f10',
  red: '#ff6b60',
  redGround: '#311516',
  good: '#2fc8a2',
  track: '#2a3643',
  today: '#4f9be6',
  yesterday: '#d8c682',
  lastWeek: '#b9a0f5',
  states: {
    ready: '#2fc8a2',
    ringing: '#7fd0ff',
    talking: '#4f9be6',
    hold: '#b9a0f5',
    'wrap-up': '#d8c682',
    'not-ready': '#e39a5b',
    unreachable: '#ff6b60',
    'logged-out': '#8494a3',
  },
};

const light: Colours = {
  ground: '#eef1f4',
  surface: '#ffffff',
  line: '#d3dae1',
  text: '#131b23',
  quiet: '#4b5864',
  ember: '#8f4e00',
  amber: '#7a4a00',
  amberGround: '#fff0cf',
  red: '#a81612',
  redGround: '#fde4e1',
  good: '#0a6b4c',
  track: '#d3dae1',
  today: '#1d5fc4',
  yesterday: '#7a6200',
  lastWeek: '#6b4fc0',
  states: {
    ready: '#0a6b4c',
    ringing: '#00639b',
    talking: '#1d5fc4',
    hold: '#6b4fc0',
    'wrap-up': '#6d5700',
    'not-ready': '#96490a',
    unreachable: '#a81612',
    'logged-out': '#5a6774',
  },
};

type Changes = Partial<Omit<Colours, 'states'>> & { states?: Partial<Colours['states']> };
const based = (base: Colours, changes: Changes): Colours => ({
  ...base,
  ...changes,
  states: { ...base.states, ...changes.states },
});

/** Without the green or the red cone: blue and yellow are left, and light against dark. */
const redGreenDark: Changes = {
  amber: '#ffe14a',
  amberGround: '#25220d',
  red: '#ff7bd0',
  redGround: '#35122a',
  good: '#63b3ff',
  today: '#63b3ff',
  yesterday: '#ffe14a',
  lastWeek: '#e6e6f5',
  states: { ready: '#63b3ff', talking: '#a8c7ff', 'not-ready': '#ffb84d', unreachable: '#ff7bd0' },
};
const redGreenLight: Changes = {
  amber: '#6b5300',
  amberGround: '#fff3b8',
  red: '#a0005f',
  redGround: '#ffe1f2',
  good: '#0b4fae',
  today: '#0b4fae',
  yesterday: '#6b5300',
  lastWeek: '#4a4a5e',
  states: { ready: '#0b4fae', talking: '#2f4a86', 'not-ready': '#7d4a00', unreachable: '#a0005f' },
};

const all: Record<Palette, Record<Theme, Colours>> = {
  standard: { dark, light },
  deuteranopia: { dark: based(dark, redGreenDark), light: based(light, redGreenLight) },
  // Red is near black to this eye: what is critical is pinker and lighter yet.
  protanopia: {
    dark: based(dark, {
      ...redGreenDark,
      red: '#ffa6c9',
      good: '#4a9bff',
      today: '#4a9bff',
      states: { ...redGreenDark.states, ready: '#4a9bff', unreachable: '#ffa6c9' },
    }),
    light: based(light, {
      ...redGreenLight,
      red: '#8a0a6b',
      states: { ...redGreenLight.states, unreachable: '#8a0a6b' },
    }),
  },
  // Yellow is near white and blue near green: red against teal is left.
  tritanopia: {
    dark: based(dark, {
      amber: '#ffe9d2',
      amberGround: '#26211c',
      red: '#ff5a4d',
      good: '#2ad0c0',
      today: '#2ad0c0',
      yesterday: '#ffe9d2',
      lastWeek: '#ff9d94',
      states: { ready: '#2ad0c0', talking: '#7fdce6', 'wrap-up': '#e5dcd2', unreachable: '#ff5a4d' },
    }),
    light: based(light, {
      amber: '#5c4a3a',
      amberGround: '#f3e7dc',
      red: '#b3000f',
      redGround: '#ffe3e3',
      good: '#006b66',
      today: '#006b66',
      yesterday: '#5c4a3a',
      lastWeek: '#7a3040',
      states: { ready: '#006b66', talking: '#0a5f73', 'wrap-up': '#5c4a3a', unreachable: '#b3000f' },
    }),
  },
};

export const coloursOf = (palette: Palette, theme: Theme): Colours => all[palette][theme];

/** As the style sheets name them. */
export function customProperties(colours: Colours): Record<string, string> {
  const { states, amberGround, redGround, lastWeek, ...plain } = colours;
  return {
    ...prefixed(plain),
    ...prefixed(states),
    '--amber-ground': amberGround,
    '--red-ground': redGround,
    '--last-week': lastWeek,
  };
}
function prefixed(colours: Record<string, string>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, colour] of Object.entries(colours)) result[`--${name}`] = colour;
  return result;
}
