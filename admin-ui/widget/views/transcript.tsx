/** Asks where the conversation is to be mailed to, in the place of the composer. */
import { useRef, useState } from 'preact/hooks';
import { fill } from '../../shared/words.ts';
import { checkMail, refusalCode, refusalText } from '../checks.ts';
import { useReading } from '../reading.ts';
import { TextField } from './fields.tsx';
import { focusFault, Notice } from './notice.tsx';

export function Transcript({ token, onDone }: { token: string; onDone: () => void }) {
  const { words, api } = useReading();
  const form = useRef<HTMLFormElement>(null);
  const [email, setEmail] = useState('');
  const [fault, setFault] = useState<string>();
  const [progress, setProgress] = useState<'asked' | 'sending' | 'sent'>('asked');
  const [refused, setRefused] = useState<string>();

  const submit = async () => {
    const found = checkMail(words, email, true);
    setFault(found);
    if (found !== undefined) {
      focusFault(form.current);
      return;
    }
    setProgress('sending');
    const answer = await api.transcript(token, email.trim());
    setProgress(answer.isOk ? 'sent' : 'asked');
    if (!answer.isOk) setRefused(refusalCode(answer));
  };

  if (progress === 'sent')
    return (
      <div class="ending transcript">
        <Notice kind="good">{fill(words.transcriptSent, { email: email.trim() })}</Notice>
        <div class="actions">
          <button type="button" class="button" data-focus onClick={onDone}>
            {words.closeNotice}
          </button>
        </div>
      </div>
    );
  return (
    <form
      class="ending transcript"
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (progress !== 'sending') void submit();
      }}
    >
      {refused !== undefined && <Notice kind="bad">{refusalText(words, refused)}</Notice>}
      <TextField
        id="transcript-email"
        label={words.transcriptTo}
        kind="email"
        autocomplete="email"
        value={email}
        onValue={setEmail}
        maxLength={254}
        fault={fault}
        hasFocus
      />
      <div class="actions">
        <button type="button" class="button" onClick={onDone}>
          {words.cancel}
        </button>
        <button type="submit" class="button is-main" aria-disabled={progress === 'sending'}>
          {words.send}
        </button>
      </div>
    </form>
  );
}
