/** A number that opens the contacts it is made of. Plain text where none is behind it or the reader may not see contacts. */
import { fill } from '../../shared/words.ts';
import { words } from '../reading.ts';
import { may } from '../session.ts';
import type { DrillAsk } from './report-question.ts';

export interface DrillNumberProps {
  text: string;
  /** Undefined: nothing to open. */
  ask: DrillAsk | undefined;
  onOpen: (ask: DrillAsk) => void;
}

export function DrillNumber({ text, ask, onOpen }: DrillNumberProps) {
  const isEmpty = !ask || ask.parts.length === 0 || ask.parts.every(({ expected }) => expected === 0);
  if (isEmpty || !may('contacts.list')) return <>{text}</>;
  return (
    <button
      type="button"
      class="drill-number"
      aria-label={fill(words.value.reportsOpen, { figure: ask.title, name: ask.name, value: text })}
      onClick={() => onOpen(ask)}
    >
      {text}
    </button>
  );
}
