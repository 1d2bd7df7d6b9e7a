/**
 * The fields of the editor's panel. A text field keeps what is typed, blanks and all, while the board has it trimmed; a
 * field whose entry the schema refuses says why under it. Typing in one field is one step to undo, until it is left.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import type { Fault } from './board-draft.ts';
import { dispatch } from './board-store.ts';
import { faultText } from './board-words.ts';

interface Labelled {
  label: string;
  help?: string | undefined;
  fault?: Fault | undefined;
}

function Notes({ id, help, fault }: { id: string; help: string | undefined; fault: Fault | undefined }) {
  if (fault)
    return (
      <small id={`${id}-note`} class="panel-fault" role="alert">
        {faultText(fault)}
      </small>
    );
  return help === undefined ? null : (
    <small id={`${id}-note`} class="quiet">
      {help}
    </small>
  );
}

const described = (id: string, { help, fault }: Labelled) => ({
  'aria-invalid': fault !== undefined,
  ...(help === undefined && !fault ? {} : { 'aria-describedby': `${id}-note` }),
});

interface TextProps extends Labelled {
  value: string;
  onText: (text: string) => void;
  name: string;
  placeholder?: string;
  unit?: string | undefined;
  isLong?: boolean;
  type?: 'text' | 'time';
  inputMode?: 'decimal' | 'text';
  list?: string;
}

/** What the board made of the text is no reason to write over the text. */
function useTyped(value: string): [string, (text: string) => void] {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    setTyped((text) => (text.trim() === value.trim() ? text : value));
  }, [value]);
  return [typed, setTyped];
}

export function TextField(props: TextProps) {
  const {
    label,
    value,
    onText,
    name,
    placeholder,
    unit,
    isLong,
    type = 'text',
    inputMode = 'text',
    list,
  } = props;
  const id = useId();
  const [typed, setTyped] = useTyped(value);
  const shared = {
    id,
    name,
    value: typed,
    spellcheck: false,
    autocomplete: 'off' as const,
    ...(placeholder === undefined ? {} : { placeholder }),
    ...described(id, props),
    onBlur: () => dispatch({ type: 'settle' }),
  };
  const take = (text: string) => {
    setTyped(text);
    onText(text);
  };
  return (
    <div class={`panel-field ${props.fault ? 'is-refused' : ''}`}>
      <label for={id}>{label}</label>
      <span class="panel-input">
        {isLong ? (
          <textarea {...shared} rows={3} onInput={(event) => take(event.currentTarget.value)} />
        ) : (
          <input
            {...shared}
            type={type}
            inputMode={inputMode}
            {...(list === undefined ? {} : { list })}
            onInput={(event) => take(event.currentTarget.value)}
          />
        )}
        {unit !== undefined && <span class="panel-unit">{unit}</span>}
      </span>
      <Notes id={id} help={props.help} fault={props.fault} />
    </div>
  );
}

interface NumberProps extends Labelled {
  value: unknown;
  /** What is no number is handed on as it was typed, for the schema to refuse. */
  onNumber: (value: number | string | undefined) => void;
  name: string;
  unit?: string | undefined;
  placeholder?: string;
}

export function NumberField({ value, onNumber, ...rest }: NumberProps) {
  return (
    <TextField
      {...rest}
      inputMode="decimal"
      value={typeof value === 'number' || typeof value === 'string' ? String(value) : ''}
      onText={(text) => {
        const plain = text.trim().replace(',', '.');
        if (plain === '') onNumber(undefined);
        else onNumber(Number.isFinite(Number(plain)) ? Number(plain) : plain);
      }}
    />
  );
}

export interface Option {
  value: string;
  text: string;
}
interface ChoiceProps extends Labelled {
  name: string;
  value: string;
  options: readonly (Option | { group: string; options: readonly Option[] })[];
  onChoose: (value: string) => void;
}

export function Choice(props: ChoiceProps) {
  const { label, name, value, options, onChoose } = props;
  const id = useId();
  const one = (option: Option) => (
    <option key={option.value} value={option.value} selected={option.value === value}>
      {option.text}
    </option>
  );
  return (
    <div class="panel-field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        {...described(id, props)}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {options.map((entry) =>
          'group' in entry ? (
            <optgroup key={entry.group} label={entry.group}>
              {entry.options.map(one)}
            </optgroup>
          ) : (
            one(entry)
          ),
        )}
      </select>
      <Notes id={id} help={props.help} fault={props.fault} />
    </div>
  );
}

interface CheckProps {
  label: string;
  name: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

export function Check({ label, name, isOn, onChange }: CheckProps) {
  return (
    <label class="panel-check">
      <input
        type="checkbox"
        name={name}
        checked={isOn}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

export function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <fieldset class="panel-group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

interface SegmentsProps {
  label: string;
  options: readonly Option[];
  value: string;
  onChoose: (value: string) => void;
}

export function Segments({ label, options, value, onChoose }: SegmentsProps) {
  return (
    <div class="panel-field">
      <span class="panel-label">{label}</span>
      <span class="segments" role="group" aria-label={label}>
        {options.map((option) => (
          <button
            key={option.value}
            type="button"
            aria-pressed={option.value === value}
            onClick={() => onChoose(option.value)}
          >
            {option.text}
          </button>
        ))}
      </span>
    </div>
  );
}
