/** The columns of a table of queues, in order: moved, taken out, added. */
import { figureNames, type FigureName } from '../../../server/contract/figures.ts';
import { figureName } from '../../shared/figure-names.ts';
import { language, words } from '../reading.ts';
import type { Fault } from './board-draft.ts';
import { faultText } from './board-words.ts';
import { OrderedList } from './ordered-list.tsx';
import { figureOptions } from './figure-fields.tsx';

/** Of a board's schema. */
const columnsAtMost = 12;

interface ColumnsProps {
  chosen: readonly FigureName[];
  fault: Fault | undefined;
  onChange: (figures: FigureName[]) => void;
}

export function FigureColumns({ chosen, fault, onChange }: ColumnsProps) {
  const w = words.value;
  return (
    <div class="panel-field">
      <span class="panel-label">{w.widgetColumns}</span>
      <OrderedList
        label={w.widgetColumns}
        entries={chosen.map((name) => ({ id: name, name: figureName(language.value, name) }))}
        onChange={(ids) => onChange(ids as FigureName[])}
        add={w.widgetAddColumn}
        options={figureOptions(figureNames.filter((name) => !chosen.includes(name)))}
        atMost={columnsAtMost}
      />
      {fault && (
        <small class="panel-fault" role="alert">
          {faultText(fault)}
        </small>
      )}
    </div>
  );
}
