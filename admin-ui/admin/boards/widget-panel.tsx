/** The settings of the selected widget: only fields that its kind has. Every change goes through the editor's commands. */
import type { Widget } from '../../../server/contract/boards.ts';
import type { FigureName } from '../../../server/contract/figures.ts';
import { fill } from '../../shared/words.ts';
import { words } from '../reading.ts';
import { type Entries, faultsOf, shown } from './board-draft.ts';
import { dispatch, opened } from './board-store.ts';
import { kindWord, ownTitle } from './board-words.ts';
import { FigureColumns } from './figure-columns.tsx';
import {
  DayFields,
  FigureFields,
  type FieldsProps,
  Judged,
  OverTime,
  Sound,
  strings,
  text,
} from './figure-fields.tsx';
import { KindIcon } from './kind-icons.tsx';
import { Check, NumberField, TextField } from './panel-controls.tsx';
import { OnlySome } from './scope-picker.tsx';

function QueuesField({ value, set }: FieldsProps) {
  return (
    <OnlySome
      label={words.value.widgetQueues}
      name="queues"
      kind="queues"
      chosen={strings(value['queues'])}
      onChange={(queues) => set({ queues })}
    />
  );
}

function AgentsFields(fields: FieldsProps) {
  const { value, set } = fields;
  const w = words.value;
  return (
    <>
      <OnlySome
        label={w.widgetTeams}
        name="teams"
        kind="teams"
        chosen={strings(value['teams'])}
        onChange={(teams) => set({ teams })}
      />
      <QueuesField {...fields} />
      <Check
        label={w.widgetLoggedOut}
        name="logged-out"
        isOn={value['hasLoggedOut'] === true}
        onChange={(hasLoggedOut) => set({ hasLoggedOut })}
      />
    </>
  );
}

let zones: string[] | undefined;
const zoneList = () => (zones ??= Intl.supportedValuesOf('timeZone'));

function ClockFields({ value, faults, set }: FieldsProps) {
  const w = words.value;
  return (
    <>
      <Check
        label={w.widgetSeconds}
        name="seconds"
        isOn={value['hasSeconds'] === true}
        onChange={(hasSeconds) => set({ hasSeconds })}
      />
      <TextField
        label={w.widgetZone}
        name="zone"
        value={text(value['zone'])}
        onText={(zone) => set({ zone: zone.trim() === '' ? undefined : zone.trim() }, true)}
        placeholder="Europe/Rome"
        list="board-zones"
        help={w.widgetZoneHelp}
        fault={faults['zone']}
      />
      <datalist id="board-zones">
        {zoneList().map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

function NewsFields({ value, faults, set }: FieldsProps) {
  const w = words.value;
  return (
    <>
      <TextField
        label={w.widgetText}
        name="text"
        value={text(value['text'])}
        onText={(entry) => set({ text: entry }, true)}
        isLong
        fault={faults['text']}
      />
      <Check
        label={w.widgetMoving}
        name="moving"
        isOn={value['isMoving'] === true}
        onChange={(isMoving) => set({ isMoving })}
      />
    </>
  );
}

function KindFields({ widget, ...fields }: FieldsProps & { widget: Widget }) {
  const w = words.value;
  const { value, faults, set } = fields;
  switch (widget.kind) {
    case 'number':
    case 'gauge':
      return <FigureFields {...fields} kind={widget.kind} />;
    case 'agents':
      return <AgentsFields {...fields} />;
    case 'agent-states':
      return (
        <Check
          label={w.widgetReasons}
          name="reasons"
          isOn={value['hasReasons'] === true}
          onChange={(hasReasons) => set({ hasReasons })}
        />
      );
    case 'queues':
      return (
        <>
          <FigureColumns
            chosen={(strings(value['figures']) ?? []) as FigureName[]}
            fault={faults['figures']}
            onChange={(figures) => set({ figures })}
          />
          <QueuesField {...fields} />
          <OverTime {...fields} />
        </>
      );
    case 'intraday':
      return <DayFields {...fields} />;
    case 'waiters':
      return (
        <>
          <QueuesField {...fields} />
          <NumberField
            label={w.widgetRows}
            name="rows"
            value={value['rows']}
            onNumber={(rows) => set({ rows: rows ?? '' }, true)}
            fault={faults['rows']}
          />
          <Judged {...fields} unit={w.unitSeconds} isFalling={false} />
        </>
      );
    case 'callbacks':
    case 'channels':
      return <Judged {...fields} unit={w.unitSeconds} isFalling={false} />;
    case 'news':
      return <NewsFields {...fields} />;
    case 'clock':
      return <ClockFields {...fields} />;
    case 'alerts':
      return <Sound value={value} set={set} label={w.widgetSoundAlert} />;
  }
}

/** `isWithoutValue`: the preview has no figure for it. */
export function WidgetPanel({ widget, isWithoutValue }: { widget: Widget; isWithoutValue: boolean }) {
  const { state } = opened.value!;
  const { widgetId } = widget;
  const value = shown(widget, state.drafts[widgetId]);
  const faults = faultsOf(state, widgetId);
  const set = (changes: Entries, isTyping = false) =>
    dispatch({ type: 'change', of: widgetId, changes, isTyping });
  const w = words.value;
  const { x, y, w: width, h } = widget;
  return (
    <div class="panel-body" key={widgetId} data-panel={widgetId}>
      <header class="panel-head">
        <h2>
          <KindIcon kind={widget.kind} />
          {w[kindWord[widget.kind]]}
        </h2>
        <small class="quiet">
          {fill(w.boardPlace, { left: x + 1, right: x + width, top: y + 1, bottom: y + h })}
        </small>
      </header>
      <TextField
        label={w.widgetTitle}
        name="title"
        value={text(value['title'])}
        placeholder={ownTitle(widget)}
        onText={(title) => set({ title: title.trim() === '' ? undefined : title }, true)}
        fault={faults['title']}
      />
      <KindFields widget={widget} value={value} faults={faults} set={set} />
      {isWithoutValue && <p class="panel-hint quiet">{w.widgetNoFigure}</p>}
      <div class="panel-actions">
        <button type="button" class="button" onClick={() => dispatch({ type: 'insert', widget })}>
          {w.widgetDuplicate}
        </button>
        <button type="button" class="button is-danger" onClick={() => dispatch({ type: 'remove', widgetId })}>
          {w.widgetRemove}
        </button>
      </div>
    </div>
  );
}
