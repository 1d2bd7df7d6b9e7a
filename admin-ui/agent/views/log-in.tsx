/** Not at work yet: log in with a desk phone for calls as well, or without one. */
import { useState } from 'preact/hooks';
import type { DeskView } from '../../../server/contract/desk.ts';
import { Field } from '../../shared/parts/field.tsx';
import { fill } from '../../shared/words.ts';
import { usePlace } from '../place.ts';
import { words } from '../reading.ts';

const phoneKey = 'hearthline-agent-phone';

/** Where this browser stood the last time: a phone stays on its desk. */
function lastPhone(): string {
  try {
    return window.localStorage.getItem(phoneKey) ?? '';
  } catch {
    return '';
  }
}
function keepPhone(phoneId: string): void {
  try {
    window.localStorage.setItem(phoneKey, phoneId);
  } catch {
    // Typed again the next time.
  }
}

export function LogIn({ view }: { view: DeskView }) {
  const { actions } = usePlace();
  const [phone, setPhone] = useState(lastPhone);
  const w = words.value;
  const phoneId = phone.trim();
  return (
    <section class="log-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          keepPhone(phoneId);
          void actions.logIn(phoneId === '' ? undefined : phoneId);
        }}
      >
        <h1 data-given>{fill(w.logInTitle, { name: view.name })}</h1>
        <p class="quiet">{w.logInHelp}</p>
        <Field
          id="phone"
          label={w.logInPhone}
          help={w.logInPhoneHelp}
          value={phone}
          onText={setPhone}
          autocomplete="off"
          spellcheck={false}
          maxLength={80}
          autoFocus
        />
        <button
          type="submit"
          class="button is-main is-wide"
          data-do="log-in"
          disabled={actions.busy.value.has('state')}
        >
          {phoneId === '' ? w.logInText : w.logInCalls}
        </button>
      </form>
    </section>
  );
}
