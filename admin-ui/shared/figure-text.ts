/** A figure's value as its unit and the reader's language write it: 87%, 1:05, 12.4. Pure. */
import { figureFacts, type FigureName, type FigureUnit } from '../../server/contract/figure-facts.ts';
import type { Formats } from './format.ts';

/** What stands where there is no such figure yet. */
export const noFigure = '–';

/** `nowMs`: the server's clock, of which `since` figures count the time up. */
export function unitText(
  formats: Formats,
  unit: FigureUnit,
  value: number | undefined,
  nowMs: number,
): string {
  if (value === undefined) return noFigure;
  switch (unit) {
    case 'count':
      return formats.number(value);
    case 'ms':
      return formats.duration(value);
    case 'share':
      return formats.percent(value);
    case 'since':
      return formats.duration(nowMs - value);
    case 'per-hour':
      return formats.tenth(value);
  }
}

export const figureText = (
  formats: Formats,
  name: FigureName,
  value: number | undefined,
  nowMs: number,
): string => unitText(formats, figureFacts(name).unit, value, nowMs);
