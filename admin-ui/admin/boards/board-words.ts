/** What widgets, refusals of the editor and refused entries are called, in the reader's language. */
import { widgetsAtMost, type Widget, type WidgetKind } from '../../../server/contract/boards.ts';
import { figureName } from '../../shared/figure-names.ts';
import { fill } from '../../shared/words.ts';
import { formats, language, words, type TextKey } from '../reading.ts';
import type { Fault } from './board-draft.ts';
import type { EditorRefusal } from './board-editor-state.ts';
import type { TemplateId } from './templates.ts';

export const kindWord: Record<WidgetKind, TextKey> = {
  number: 'kindWidgetNumber',
  gauge: 'kindWidgetGauge',
  agents: 'kindWidgetAgents',
  'agent-states': 'kindWidgetAgentStates',
  queues: 'kindWidgetQueues',
  intraday: 'kindWidgetIntraday',
  waiters: 'kindWidgetWaiters',
  callbacks: 'kindWidgetCallbacks',
  channels: 'kindWidgetChannels',
  news: 'kindWidgetNews',
  clock: 'kindWidgetClock',
  alerts: 'kindWidgetAlerts',
};
export const templateWord: Record<TemplateId, TextKey> = {
  empty: 'boardsTemplateEmpty',
  floor: 'boardsTemplateFloor',
  queue: 'boardsTemplateQueue',
  text: 'boardsTemplateText',
  agents: 'boardsTemplateAgents',
};

/** What a widget is called where it has no title of its own. */
export function ownTitle(widget: Widget): string {
  return 'figure' in widget
    ? figureName(language.value, widget.figure, 'plain')
    : words.value[kindWord[widget.kind]];
}

export function widgetName(widget: Widget): string {
  const kind = words.value[kindWord[widget.kind]];
  const title = widget.title ?? ownTitle(widget);
  return title === kind ? kind : fill(words.value.boardWidgetOf, { kind, title });
}

export function editorRefusalText(why: EditorRefusal): string {
  const w = words.value;
  switch (why) {
    case 'overlap':
      return w.boardTaken;
    case 'outside':
      return w.boardOutside;
    case 'no-room':
      return w.boardNoRoom;
    case 'too-many':
      return fill(w.boardTooMany, { count: widgetsAtMost });
  }
}

/** Counts people understand: a list is too short, a text is empty, a number is too high. */
export function faultText(fault: Fault): string {
  const w = words.value;
  const counted = (text: string, count: number | bigint) =>
    fill(text, { count: formats.value.number(Number(count)) });
  switch (fault.code) {
    case 'too_small':
      if (fault.origin === 'string') return w.faultEmpty;
      return fault.origin === 'array' ? w.faultTooFew : counted(w.faultLow, fault.minimum);
    case 'too_big':
      if (fault.origin === 'string') return counted(w.faultTooLong, fault.maximum);
      return counted(fault.origin === 'array' ? w.faultTooMany : w.faultHigh, fault.maximum);
    case 'invalid_type':
      if (fault.expected === 'int') return w.faultWhole;
      return fault.expected === 'number' ? w.faultNumber : w.faultEmpty;
    case 'invalid_format':
      return fault.path.includes('quiet') ? w.faultTime : w.faultOther;
    default:
      return w.faultOther;
  }
}

/** An actor of the audit trail as people know them. */
export const personOf = (actor: string): string => actor.replace(/^user:/, '');
