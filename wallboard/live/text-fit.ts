/**
 * How large a text may be set in a box, and where its lines end: boards are laid out by hand, in any size and language, and
 * nothing on a wall may be cut. Widths are measured once per text on a canvas, with the page's own font; digits count as
 * zeros, which is what tabular figures are. What is kept is bounded: a board runs for a month.
 */
export type Weight = 400 | 500 | 600;

const measuredAt = 100;
const mostKept = 4000;
/** A browser may set a line a hair wider than it measures it. */
const slack = 1.03;
/** Where there is no canvas: wide enough for any common face. */
const guessedEm = 0.62;

let pen: CanvasRenderingContext2D | null | undefined;
let family = '';
const kept = new Map<string, number>();

function measure(text: string, weight: Weight): number {
  if (pen === undefined && typeof document === 'undefined') pen = null;
  if (pen === undefined) {
    pen = document.createElement('canvas').getContext('2d');
    family = getComputedStyle(document.body).fontFamily || 'sans-serif';
  }
  if (!pen) return text.length * guessedEm;
  pen.font = `${weight} ${measuredAt}px ${family}`;
  return pen.measureText(text).width / measuredAt;
}

/** Width in em. */
export function widthOf(text: string, weight: Weight = 500): number {
  const key = `${weight} ${text.replace(/\d/g, '0')}`;
  let width = kept.get(key);
  if (width === undefined) {
    if (kept.size >= mostKept) kept.clear();
    width = measure(key.slice(4), weight) * slack;
    kept.set(key, width);
  }
  return width;
}

/** Greedy; a word that is wider than the line has one of its own. `width` in em of the text. */
export function linesOf(text: string, width: number, weight: Weight = 500): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/[ \n\t]+/).filter((one) => one !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || widthOf(longer, weight) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

export interface Fit {
  lines: string[];
  /** In the unit of the box. */
  size: number;
}
export interface FitBox {
  width: number;
  height?: number;
  most: number;
  /** Below it the next candidate is tried. */
  least: number;
  lines?: number;
  weight?: Weight;
}
const leading = 1.2;
const steps = 12;

function fitsAt(text: string, size: number, box: FitBox): string[] | undefined {
  const weight = box.weight ?? 500;
  const width = box.width / size;
  const lines = linesOf(text, width, weight);
  const isHighEnough = box.height === undefined || lines.length * size * leading <= box.height + 1e-6;
  const isWideEnough = lines.every((line) => widthOf(line, weight) <= width);
  return lines.length <= (box.lines ?? 1) && isHighEnough && isWideEnough ? lines : undefined;
}

function largest(text: string, box: FitBox): Fit | undefined {
  for (let step = 0; step <= steps; step += 1) {
    const size = box.most - ((box.most - box.least) * step) / steps;
    const lines = fitsAt(text, size, box);
    if (lines) return { lines, size };
  }
  return undefined;
}

/**
 * The first of the candidates that fits between `most` and `least`; where none does, the last one on one line as small as it
 * must be: small is better than cut.
 */
export function fitText(candidates: readonly string[], box: FitBox): Fit {
  for (const text of candidates) {
    const fit = largest(text, box);
    if (fit) return fit;
  }
  const last = candidates[candidates.length - 1] ?? '';
  const weight = box.weight ?? 500;
  const high = box.height === undefined ? box.least : Math.min(box.least, box.height / leading);
  return {
    lines: [last],
    size: Math.max(0.01, Math.min(high, box.width / Math.max(0.1, widthOf(last, weight)))),
  };
}

/** One line, never wrapped: a figure. */
export function fitLine(text: string, width: number, most: number, weight: Weight = 600): number {
  return Math.max(0.01, Math.min(most, width / Math.max(0.1, widthOf(text, weight))));
}
