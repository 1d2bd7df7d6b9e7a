/** What boards and alerts ask of the live figures. Pure questions: asking changes nothing. */
import type { Attribution, FigureCounts, FigureName, WindowName } from '../contract/figures.ts';

export interface FigureQuestion {
  figure: FigureName;
  /** Scope keys (contract/figures.ts) of one kind; their counts are added up. */
  scopes: readonly string[];
  window: WindowName;
  attribution: Attribution;
}

export interface FigureSource {
  /**
   * Shares 0..1, times ms, `since` an instant in ms UTC. Undefined where there is no such figure: nothing counted yet, or not
   * of that scope.
   */
  figure(question: FigureQuestion, now: number): number | undefined;
  /** The same figure of the window before this one; undefined for days, shifts and how things stand. */
  figureBefore(question: FigureQuestion, now: number): number | undefined;
  /** The counts of a window; undefined where nothing was ever counted of these scopes. */
  counts(question: Omit<FigureQuestion, 'figure'>, now: number): FigureCounts | undefined;
  /** [from, to) of a window at this instant; undefined for a shift where none is on. */
  window(window: WindowName, now: number): { from: number; to: number } | undefined;
}
