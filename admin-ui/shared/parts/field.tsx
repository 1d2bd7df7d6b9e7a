/** A labelled input with its help text joined to it for screen readers. */
import type { InputHTMLAttributes } from 'preact';

export interface FieldProps {
  id: string;
  label: string;
  help?: string;
  value: string;
  onText: (text: string) => void;
  type?: 'text' | 'password';
  autocomplete?: 'off' | 'username' | 'current-password' | 'new-password';
  placeholder?: string;
  minLength?: number;
  maxLength?: number;
  required?: boolean;
  spellcheck?: boolean;
  list?: string;
  autoFocus?: boolean;
}

export function Field({ id, label, help, value, onText, ...rest }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...(rest as InputHTMLAttributes<HTMLInputElement>)}
        id={id}
        value={value}
        {...(help === undefined ? {} : { 'aria-describedby': `${id}-help` })}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      {help !== undefined && (
        <small id={`${id}-help`} class="quiet">
          {help}
        </small>
      )}
    </div>
  );
}
