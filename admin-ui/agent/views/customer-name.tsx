/** Who a provisional card is: from then on it is a customer that is known. */
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../../shared/parts/dialog.tsx';
import { Field } from '../../shared/parts/field.tsx';
import { usePlace } from '../place.ts';
import { words } from '../reading.ts';

/** By the contract (`customerNameSchema`). */
const longestName = 120;

export function CustomerNameDialog() {
  const { customers, closeDialog, told } = usePlace();
  const card = customers.view.value?.customer;
  const [name, setName] = useState(card?.name ?? '');
  const w = words.value;
  const close = () => closeDialog('customer-name');
  const isNameable = card?.isProvisional === true;
  // Somebody else has named it: there is nothing to ask any more.
  useEffect(() => {
    if (!isNameable) closeDialog('customer-name');
  }, [isNameable, closeDialog]);
  const run = async () => {
    if (!card || name.trim() === '') return;
    if (!(await customers.name(card.customerId, name.trim()))) return;
    close();
    told.tell('good', (now) => now.customerNamed);
  };
  return (
    <Dialog
      title={w.customerNameTitle}
      confirm={w.customerSave}
      cancel={w.cancel}
      isBusy={customers.isBusy.value || name.trim() === ''}
      onConfirm={() => void run()}
      onClose={close}
    >
      <Field
        id="customer-name"
        label={w.customerName}
        help={w.customerNameHelp}
        value={name}
        onText={setName}
        autocomplete="off"
        maxLength={longestName}
        spellcheck={false}
        autoFocus
      />
    </Dialog>
  );
}
