/** Colours of boards: contrast of every pair that is used, and "watch" told from "critical" by each eye. */
import { expect } from 'chai';
import { palettes, type Palette } from '../../../../server/contract/boards.ts';
import { coloursOf, type Theme } from '../../../../wallboard/live/palettes.ts';

type Rgb = [number, number, number];
const themes: Theme[] = ['dark', 'light'];
/** WCAG 2.2: text below 18 pt; what is not text. */
const textRatio = 4.5;
const shapeRatio = 3;

const channels = (colour: string): Rgb =>
  [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255) as Rgb;
const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const linearOf = (colour: string): Rgb => channels(colour).map(linear) as Rgb;
const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a: string, b: string): number {
  const [la, lb] = [luminance(linearOf(a)), luminance(linearOf(b))];
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
}

/** Machado, Oliveira, Fernandes (2009), severity 1.0, on linear light. */
const eyes: Record<Exclude<Palette, 'standard'>, Rgb[]> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const seen = (colour: string, eye: Rgb[] | undefined): Rgb => {
  const light = linearOf(colour);
  const by = (row: Rgb) => row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
  return (eye ? eye.map(by) : light).map((value) => Math.max(0, Math.min(1, value))) as Rgb;
};
/** CIE 1976: some 20 and more are two colours at a glance. */
function distance(a: Rgb, b: Rgb): number {
  const lab = ([r, g, bl]: Rgb) => {
    const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
    const x = f((0.4124 * r + 0.3576 * g + 0.1805 * bl) / 0.9505);
    const y = f(0.2126 * r + 0.7152 * g + 0.0722 * bl);
    const z = f((0.0193 * r + 0.1192 * g + 0.9505 * bl) / 1.089);
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)] as const;
  };
  const [p, q] = [lab(a), lab(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

describe('palettes of boards', () => {
  for (const palette of palettes)
    for (const theme of themes) {
      const colours = coloursOf(palette, theme);
      it(`${palette}, ${theme}: text is AA on every ground it stands on`, () => {
        const { ground, surface, amberGround, redGround } = colours;
        const pairs: [string, string][] = [
          ...[ground, surface, amberGround, redGround].flatMap((on): [string, string][] => [
            [colours.text, on],
            [colours.quiet, on],
            [colours.amber, on],
            [colours.good, on],
          ]),
          [colours.red, redGround],
          [colours.red, surface],
          [colours.red, ground],
          ...Object.values(colours.states).map((state): [string, string] => [state, ground]),
        ];
        for (const [text, on] of pairs)
          expect(contrast(text, on), `${text} on ${on}`).to.be.at.least(textRatio);
      });

      it(`${palette}, ${theme}: shapes and lines stand out from their ground`, () => {
        for (const line of [colours.today, colours.yesterday, colours.lastWeek, colours.ember])
          expect(contrast(line, colours.surface), line).to.be.at.least(shapeRatio);
        for (const state of Object.values(colours.states))
          expect(contrast(state, colours.surface), state).to.be.at.least(shapeRatio);
      });

      it(`${palette}, ${theme}: good, watch and critical differ for the eye it is made for`, () => {
        const eye = palette === 'standard' ? undefined : eyes[palette];
        const [good, amber, red] = [colours.good, colours.amber, colours.red].map((one) => seen(one, eye));
        if (!good || !amber || !red) throw new Error('a colour is missing');
        expect(distance(amber, red), 'watch and critical').to.be.at.least(20);
        expect(distance(good, red), 'good and critical').to.be.at.least(20);
        expect(distance(good, amber), 'good and watch').to.be.at.least(20);
      });
    }
});
