/** When a rule holds: the kind of its condition with the numbers that belong to it, the figure, and over which time. */
import type { AlertCondition, AlertRule } from '../../../server/contract/alerts.ts';
import {
  figureFacts,
  figureNames,
  windowNames,
  type FigureName,
} from '../../../server/contract/figure-facts.ts';
import { windowName } from '../../shared/figure-names.ts';
import { language, words, type TextKey } from '../reading.ts';
import { figureName, isShare, isTime } from './alerts-text.ts';

type Kind = AlertCondition['kind'];
const kindWord: Record<Kind, TextKey> = {
  above: 'ruleKindAbove',
  below: 'ruleKindBelow',
  trend: 'ruleKindTrend',
  'no-data': 'ruleKindSilence',
};
const kinds: readonly Kind[] = ['above', 'below', 'trend', 'no-data'];

export interface NumberFieldProps {
  id: string;
  label: string;
  value: number;
  min?: number;
  max: number;
  step?: string;
  onNumber: (value: number) => void;
}

export function NumberField({ id, label, value, min = 0, max, step = '1', onNumber }: NumberFieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={min}
        max={max}
        step={step}
        required
        value={Number.isNaN(value) ? '' : value}
        onInput={(event) => onNumber(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

export interface SpanFieldProps {
  id: string;
  label: string;
  span: { from: string; to: string } | undefined;
  onSpan: (span: { from: string; to: string } | undefined) => void;
}

/** Two times of the clock, or none. */
export function SpanField({ id, label, span, onSpan }: SpanFieldProps) {
  const time = (end: 'from' | 'to') => (
    <input
      type="time"
      id={`${id}-${end}`}
      aria-label={end === 'to' ? `${label}, ${words.value.ruleAnd}` : label}
      value={span?.[end] ?? ''}
      required={span !== undefined}
      onInput={(event) => {
        const next = { from: '', to: '', ...span, [end]: event.currentTarget.value };
        onSpan(next.from === '' && next.to === '' ? undefined : next);
      }}
    />
  );
  return (
    <div class="field is-broad">
      <label for={`${id}-from`}>{label}</label>
      <div class="span-field">
        {time('from')} <span aria-hidden="true">–</span> {time('to')}
      </div>
    </div>
  );
}

function conditionOf(kind: Kind): AlertCondition {
  switch (kind) {
    case 'above':
    case 'below':
      return { kind, value: Number.NaN };
    case 'trend':
      return { kind, direction: 'up', percent: 50, days: 7, atLeast: 20 };
    case 'no-data':
      return { kind, forMinutes: 15 };
  }
}

/** A figure without a trend cannot be kept with one. */
function figureFor(kind: Kind, figure: FigureName): FigureName {
  if (kind === 'no-data') return 'offered';
  return kind === 'trend' && figureFacts(figure).over === 'now' ? 'offered' : figure;
}

export interface ConditionProps {
  rule: AlertRule;
  onRule: (part: Partial<AlertRule>) => void;
}

function FigureField({ rule, onRule }: ConditionProps) {
  const w = words.value;
  const group = (over: 'now' | 'window', title: string) => (
    <optgroup label={title}>
      {figureNames
        .filter((figure) => figureFacts(figure).over === over)
        .map((figure) => (
          <option key={figure} value={figure}>
            {figureName(figure)}
          </option>
        ))}
    </optgroup>
  );
  return (
    <div class="field is-broad">
      <label for="rule-figure">{w.ruleFigure}</label>
      <select
        id="rule-figure"
        value={rule.figure}
        onChange={(event) => {
          const figure = figureNames.find((one) => one === event.currentTarget.value);
          if (figure) onRule({ figure });
        }}
      >
        {rule.condition.kind !== 'trend' && group('now', w.ruleFiguresNow)}
        {group('window', w.ruleFiguresWindow)}
      </select>
    </div>
  );
}

function WindowField({ rule, onRule }: ConditionProps) {
  return (
    <div class="field">
      <label for="rule-window">{words.value.ruleWindow}</label>
      <select
        id="rule-window"
        value={rule.window}
        onChange={(event) => {
          const window = windowNames.find((one) => one === event.currentTarget.value);
          if (window) onRule({ window });
        }}
      >
        {windowNames.map((window) => (
          <option key={window} value={window}>
            {windowName(language.value, window)}
          </option>
        ))}
      </select>
    </div>
  );
}

function LimitFields({ rule, onRule }: ConditionProps) {
  const { condition } = rule;
  const w = words.value;
  const set = (part: object) => onRule({ condition: { ...condition, ...part } as AlertCondition });
  switch (condition.kind) {
    case 'above':
    case 'below': {
      const unit = isTime(rule) ? `, ${w.ruleSeconds}` : isShare(rule) ? `, ${w.rulePercent}` : '';
      return (
        <NumberField
          id="rule-limit"
          label={`${w.ruleLimit}${unit}`}
          value={condition.value}
          max={1e9}
          step="any"
          onNumber={(value) => set({ value })}
        />
      );
    }
    case 'trend':
      return (
        <>
          <div class="field">
            <label for="rule-direction">{w.ruleDirection}</label>
            <select
              id="rule-direction"
              value={condition.direction}
              onChange={(event) => set({ direction: event.currentTarget.value === 'down' ? 'down' : 'up' })}
            >
              <option value="up">{w.ruleDirectionUp}</option>
              <option value="down">{w.ruleDirectionDown}</option>
            </select>
          </div>
          <NumberField
            id="rule-percent"
            label={w.ruleBy}
            value={condition.percent}
            min={1}
            max={10_000}
            onNumber={(percent) => set({ percent })}
          />
          <NumberField
            id="rule-days"
            label={w.ruleDays}
            value={condition.days}
            min={1}
            max={28}
            onNumber={(days) => set({ days })}
          />
          <NumberField
            id="rule-at-least"
            label={w.ruleAtLeast}
            value={condition.atLeast}
            max={1e6}
            onNumber={(atLeast) => set({ atLeast })}
          />
        </>
      );
    case 'no-data':
      return (
        <>
          <NumberField
            id="rule-silence"
            label={w.ruleSilenceMin}
            value={condition.forMinutes}
            min={1}
            max={1440}
            onNumber={(forMinutes) => set({ forMinutes })}
          />
          <SpanField
            id="rule-between"
            label={w.ruleBetween}
            span={condition.between}
            onSpan={(between) => {
              const { between: _old, ...rest } = condition;
              onRule({ condition: between ? { ...rest, between } : rest });
            }}
          />
        </>
      );
  }
}

export function ConditionFields({ rule, onRule }: ConditionProps) {
  const { condition } = rule;
  const w = words.value;
  return (
    <>
      <div class="field is-broad">
        <label for="rule-kind">{w.ruleKind}</label>
        <select
          id="rule-kind"
          value={condition.kind}
          onChange={(event) => {
            const kind = kinds.find((one) => one === event.currentTarget.value) ?? 'above';
            onRule({ condition: conditionOf(kind), figure: figureFor(kind, rule.figure) });
          }}
        >
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {w[kindWord[kind]]}
            </option>
          ))}
        </select>
      </div>
      {condition.kind !== 'no-data' && <FigureField rule={rule} onRule={onRule} />}
      {condition.kind !== 'no-data' && figureFacts(rule.figure).over === 'window' && (
        <WindowField rule={rule} onRule={onRule} />
      )}
      <LimitFields rule={rule} onRule={onRule} />
    </>
  );
}
