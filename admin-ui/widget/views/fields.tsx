/** The fields of the widget's forms: each with its label, its fault and what a screen reader needs to join the three. */
import type { ComponentChildren } from 'preact';
import { useReading } from '../reading.ts';

interface FieldFrame {
  id: string;
  label: string;
  isOptional?: boolean;
  fault?: string | undefined;
}

export function Fault({ id, text }: { id: string; text: string | undefined }) {
  return text === undefined ? null : (
    <p class="fault" id={`${id}-fault`}>
      {text}
    </p>
  );
}

function Field({ id, label, isOptional, fault, children }: FieldFrame & { children: ComponentChildren }) {
  const { words } = useReading();
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isOptional === true && <span class="quiet"> ({words.optional})</span>}
      </label>
      {children}
      <Fault id={id} text={fault} />
    </div>
  );
}

/** What joins a field to its fault. */
const joined = (id: string, fault: string | undefined) =>
  fault === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-fault` };

interface TextFieldProps extends FieldFrame {
  value: string;
  onValue: (value: string) => void;
  kind?: 'text' | 'email' | 'tel';
  autocomplete?: string;
  maxLength: number;
  /** More than one line. */
  rows?: number;
  hasFocus?: boolean;
}

export function TextField(props: TextFieldProps) {
  const { id, value, onValue, maxLength, rows, fault } = props;
  const shared = {
    id,
    value,
    maxLength,
    required: props.isOptional !== true,
    'data-focus': props.hasFocus,
    onInput: (event: { currentTarget: { value: string } }) => onValue(event.currentTarget.value),
    ...joined(id, fault),
  };
  return (
    <Field {...props}>
      {rows === undefined ? (
        // The three kinds take the same attributes; the types of Preact tell them apart.
        <input
          type={(props.kind ?? 'text') as 'text'}
          autocomplete={props.autocomplete ?? 'off'}
          {...shared}
        />
      ) : (
        <textarea rows={rows} {...shared} />
      )}
    </Field>
  );
}

interface ChoiceProps extends FieldFrame {
  value: string;
  onValue: (value: string) => void;
  options: readonly { id: string; name: string }[];
}

export function TopicField(props: ChoiceProps) {
  const { words } = useReading();
  const { id, value, options, onValue, fault } = props;
  return (
    <Field {...props}>
      <select
        id={id}
        value={value}
        onChange={(event) => onValue(event.currentTarget.value)}
        {...joined(id, fault)}
      >
        <option value="">{words.topicChoose}</option>
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.name}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function RadioField({ id, label, value, onValue, options }: ChoiceProps) {
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      <div class="choices">
        {options.map((option) => (
          <label class="choice" key={option.id}>
            <input
              type="radio"
              name={id}
              value={option.id}
              checked={value === option.id}
              onChange={() => onValue(option.id)}
            />
            <span>{option.name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface ConsentProps {
  id: string;
  consent: { version: string; text: string };
  isGiven: boolean;
  onGiven: (isGiven: boolean) => void;
  fault?: string | undefined;
}

export function ConsentField({ id, consent, isGiven, onGiven, fault }: ConsentProps) {
  const { words } = useReading();
  return (
    <div class="field consent">
      <label class="check">
        <input
          id={id}
          type="checkbox"
          checked={isGiven}
          required
          onChange={(event) => onGiven(event.currentTarget.checked)}
          {...joined(id, fault)}
        />
        <span>
          {consent.text}{' '}
          <span class="quiet version">
            {words.consentVersion.replace('{version}', () => consent.version)}
          </span>
        </span>
      </label>
      <Fault id={id} text={fault} />
    </div>
  );
}
