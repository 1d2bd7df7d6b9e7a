/** Some things in an order that people choose: moved up and down, taken out, added at the end. */
import { fill } from '../../shared/words.ts';
import { words } from '../reading.ts';

export interface Entry {
  id: string;
  name: string;
}
export interface EntryOption {
  value: string;
  text: string;
}
interface ListProps {
  label: string;
  entries: readonly Entry[];
  onChange: (ids: string[]) => void;
  /** What the choice of one more says. */
  add: string;
  options: readonly (EntryOption | { group: string; options: readonly EntryOption[] })[];
  atMost: number;
}

const arrow = { up: 'M5 12l5-5 5 5', down: 'M5 8l5 5 5-5', out: 'M6 6l8 8M14 6l-8 8' };

function Act({
  what,
  label,
  isOff,
  onClick,
}: {
  what: keyof typeof arrow;
  label: string;
  isOff?: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      disabled={isOff}
      onClick={onClick}
    >
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path d={arrow[what]} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
      </svg>
    </button>
  );
}

export function OrderedList({ label, entries, onChange, add, options, atMost }: ListProps) {
  const w = words.value;
  const ids = entries.map((entry) => entry.id);
  const move = (from: number, to: number) => {
    const next = [...ids];
    next.splice(to, 0, ...next.splice(from, 1));
    onChange(next);
  };
  const named = (what: string, name: string) => fill('{what}: {name}', { what, name });
  const one = ({ value, text }: EntryOption) => (
    <option key={value} value={value}>
      {text}
    </option>
  );
  return (
    <div class="ordered" role="group" aria-label={label}>
      {entries.length > 0 && (
        <ol>
          {entries.map(({ id, name }, index) => (
            <li key={id} data-entry={id}>
              <span class="cut" data-given title={name}>
                {name}
              </span>
              <Act
                what="up"
                label={named(w.widgetMoveUp, name)}
                isOff={index === 0}
                onClick={() => move(index, index - 1)}
              />
              <Act
                what="down"
                label={named(w.widgetMoveDown, name)}
                isOff={index === ids.length - 1}
                onClick={() => move(index, index + 1)}
              />
              <Act
                what="out"
                label={named(w.widgetTakeOut, name)}
                onClick={() => onChange(ids.filter((one) => one !== id))}
              />
            </li>
          ))}
        </ol>
      )}
      {entries.length < atMost && options.length > 0 && (
        <select
          aria-label={add}
          value=""
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (value !== '') onChange([...ids, value]);
            event.currentTarget.value = '';
          }}
        >
          <option value="">{add}</option>
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
      )}
    </div>
  );
}
