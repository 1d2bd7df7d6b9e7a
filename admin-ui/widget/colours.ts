/**
 * From the one colour that the bank sets to those the widget paints with, so that no choice of colour can make text
 * unreadable: every pair below has the contrast that WCAG 2.2 AA asks for. Pure.
 */
export type Theme = 'light' | 'dark';
type Rgb = readonly [number, number, number];

/** The grounds that the style sheet paints for each theme: text of the accent's colour stands on all of them. */
export const grounds: Record<Theme, readonly string[]> = {
  light: ['#ffffff', '#f2f5f8'],
  dark: ['#151b23', '#212a35'],
};
const ink = '#0a1018';
const white = '#ffffff';
const textContrast = 4.5;
const shapeContrast = 3;

export interface Accent {
  /** Ground of buttons, of the head and of the customer's own lines. */
  fill: string;
  /** Text on `fill`. */
  onFill: string;
  /** Links, icons and the ring of focus on the theme's grounds. */
  text: string;
}

function parse(hex: string): Rgb {
  const value = /^#[0-9a-f]{6}$/i.test(hex) ? Number.parseInt(hex.slice(1), 16) : 0x0b5fa5;
  return [value >> 16, (value >> 8) & 255, value & 255];
}
const toHex = (rgb: Rgb) => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

function luminance(rgb: Rgb): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG 2.2: 1 to 21. */
export function contrast(a: string, b: string): number {
  const [one, other] = [luminance(parse(a)), luminance(parse(b))];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** The nearest mix of `colour` towards `end` that is far enough from every ground. */
function towards(colour: string, end: string, isEnough: (candidate: string) => boolean): string {
  const [from, to] = [parse(colour), parse(end)];
  for (let part = 0; part <= 32; part += 1) {
    const share = part / 32;
    const mixed = toHex(
      [0, 1, 2].map((i) => (from[i] ?? 0) * (1 - share) + (to[i] ?? 0) * share) as unknown as Rgb,
    );
    if (isEnough(mixed)) return mixed;
  }
  return end;
}

export function accentOf(colour: string, theme: Theme): Accent {
  const away = theme === 'light' ? '#000000' : white;
  const isClear = (least: number) => (candidate: string) =>
    grounds[theme].every((ground) => contrast(candidate, ground) >= least);
  const shape = towards(colour, away, isClear(shapeContrast));
  const onFill =
    contrast(white, shape) >= textContrast || contrast(ink, shape) < contrast(white, shape) ? white : ink;
  // Between the two there are colours on which neither white nor ink is quite clear: those give way a little.
  const fill = towards(
    shape,
    onFill === white ? '#000000' : white,
    (candidate) => contrast(onFill, candidate) >= textContrast,
  );
  return { fill, onFill, text: towards(colour, away, isClear(textContrast)) };
}
