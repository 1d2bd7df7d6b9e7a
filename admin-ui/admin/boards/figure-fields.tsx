/** The fields of widgets that ask for a figure: which, of what, over which time, and how it is judged. */
import {
  attributions,
  figureFacts,
  figureNames,
  type FigureName,
  windowNames,
} from '../../../server/contract/figures.ts';
import { attributionName, figureName, windowName } from '../../shared/figure-names.ts';
import { plural } from '../../shared/words.ts';
import { language, words } from '../reading.ts';
import type { Entries, Faults } from './board-draft.ts';
import { Check, Choice, Group, NumberField } from './panel-controls.tsx';
import { ScopePicker } from './scope-picker.tsx';

export interface FieldsProps {
  /** What is shown: entries that are not right yet included. */
  value: Record<string, unknown>;
  faults: Faults;
  set: (changes: Entries, isTyping?: boolean) => void;
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const strings = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined;

/** Of what thresholds and targets are given: shares in per cent, times in seconds. */
function unitOf(figure: FigureName): string | undefined {
  const { unit } = figureFacts(figure);
  if (unit === 'share') return words.value.unitPercent;
  return unit === 'ms' || unit === 'since' ? words.value.unitSeconds : undefined;
}

export function figureOptions(names: readonly FigureName[]) {
  const options = (over: 'now' | 'window') =>
    names
      .filter((name) => figureFacts(name).over === over)
      .map((name) => ({ value: name, text: figureName(language.value, name) }));
  return [
    { group: words.value.widgetFiguresNow, options: options('now') },
    { group: words.value.widgetFiguresOver, options: options('window') },
  ].filter((group) => group.options.length > 0);
}

const dayFigures: readonly FigureName[] = ['offered', 'answered', 'abandoned', 'service-level', 'asa', 'aht'];

function FigureField({ value, faults, set, names }: FieldsProps & { names: readonly FigureName[] }) {
  return (
    <Choice
      label={words.value.widgetFigure}
      name="figure"
      value={text(value['figure'])}
      options={figureOptions(names)}
      fault={faults['figure']}
      onChoose={(figure) => set({ figure })}
    />
  );
}

export function OverTime({ value, set }: FieldsProps) {
  const w = words.value;
  return (
    <>
      <Choice
        label={w.widgetWindow}
        name="window"
        value={text(value['window'])}
        options={windowNames.map((name) => ({ value: name, text: windowName(language.value, name) }))}
        onChoose={(window) => set({ window })}
      />
      <Choice
        label={w.widgetAttribution}
        name="attribution"
        value={text(value['attribution'])}
        options={attributions.map((name) => ({ value: name, text: attributionName(language.value, name) }))}
        onChoose={(attribution) => set({ attribution })}
        help={w.widgetAttributionHelp}
      />
    </>
  );
}

interface JudgedProps extends FieldsProps {
  unit: string | undefined;
  isFalling: boolean;
}

export function Judged({ value, faults, set, unit, isFalling }: JudgedProps) {
  const w = words.value;
  const thresholds = (value['thresholds'] ?? {}) as Record<string, unknown>;
  const fault = faults['thresholds'];
  const setOne = (which: 'amber' | 'red') => (entry: number | string | undefined) => {
    const next: Record<string, unknown> = { ...thresholds, [which]: entry };
    if (entry === undefined) delete next[which];
    set({ thresholds: Object.keys(next).length === 0 ? undefined : next }, true);
  };
  return (
    <Group title={w.widgetThresholds}>
      <div class="panel-pair">
        {(['amber', 'red'] as const).map((which) => (
          <NumberField
            key={which}
            label={which === 'amber' ? w.widgetAmber : w.widgetRed}
            name={which}
            value={thresholds[which]}
            onNumber={setOne(which)}
            unit={unit}
            fault={fault?.path.includes(which) ? fault : undefined}
          />
        ))}
      </div>
      <small class="quiet">{isFalling ? w.widgetThresholdsFalling : w.widgetThresholdsRising}</small>
      <Sound value={value} set={set} label={w.widgetSound} />
    </Group>
  );
}

export function Sound({ value, set, label }: Pick<FieldsProps, 'value' | 'set'> & { label: string }) {
  return (
    <Check
      label={label}
      name="sound"
      isOn={value['hasSound'] === true}
      onChange={(hasSound) => set({ hasSound })}
    />
  );
}

export function FigureFields({ kind, ...fields }: FieldsProps & { kind: 'number' | 'gauge' }) {
  const { value, faults, set } = fields;
  const w = words.value;
  const figure = value['figure'] as FigureName;
  const { sense, over } = figureFacts(figure);
  return (
    <>
      <FigureField {...fields} names={figureNames} />
      <ScopePicker
        scopes={strings(value['scopes']) ?? []}
        fault={faults['scopes']}
        onChange={(scopes) => set({ scopes })}
      />
      {over === 'window' && <OverTime {...fields} />}
      {kind === 'number' && over === 'window' && (
        <Check
          label={w.widgetTrend}
          name="trend"
          isOn={value['hasTrend'] === true}
          onChange={(hasTrend) => set({ hasTrend })}
        />
      )}
      {kind === 'gauge' && (
        <NumberField
          label={w.widgetTarget}
          name="target"
          value={value['target']}
          onNumber={(target) => set({ target }, true)}
          unit={unitOf(figure)}
          help={w.widgetTargetHelp}
          fault={faults['target']}
        />
      )}
      {/* A figure that is neither good nor bad in itself is judged as a rising one where somebody gives thresholds. */}
      <Judged {...fields} unit={unitOf(figure)} isFalling={sense === 'falling'} />
    </>
  );
}

export function DayFields(fields: FieldsProps) {
  const { value, faults, set } = fields;
  const w = words.value;
  return (
    <>
      <FigureField {...fields} names={dayFigures} />
      <ScopePicker
        scopes={strings(value['scopes']) ?? []}
        fault={faults['scopes']}
        onChange={(scopes) => set({ scopes })}
      />
      <Choice
        label={w.widgetMinutes}
        name="minutes"
        value={String(value['minutes'])}
        options={[15, 30, 60].map((minutes) => ({
          value: String(minutes),
          text: plural(language.value, w.widgetMinutesOf, minutes),
        }))}
        onChoose={(minutes) => set({ minutes: Number(minutes) })}
      />
      <Group title={w.widgetCompare}>
        <Check
          label={w.widgetYesterday}
          name="yesterday"
          isOn={value['hasYesterday'] === true}
          onChange={(hasYesterday) => set({ hasYesterday })}
        />
        <Check
          label={w.widgetLastWeek}
          name="last-week"
          isOn={value['hasLastWeek'] === true}
          onChange={(hasLastWeek) => set({ hasLastWeek })}
        />
      </Group>
    </>
  );
}
