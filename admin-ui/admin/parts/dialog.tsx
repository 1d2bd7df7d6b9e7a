/** The dialog in the console's words. */
import { Dialog as SharedDialog, type DialogProps } from '../../shared/parts/dialog.tsx';
import { words } from '../reading.ts';

export function Dialog(props: Omit<DialogProps, 'cancel'>) {
  return <SharedDialog {...props} cancel={words.value.cancel} />;
}
