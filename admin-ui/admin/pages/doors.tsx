/** The console's doors: first set-up with the one-time secret; sign-in and passwords are those of every page. */
import { useState } from 'preact/hooks';
import type { SessionView, SetupRequest } from '../../../server/contract/rest.ts';
import {
  Door,
  ForcedPasswordDoor,
  NewPassword,
  PasswordForm,
  SignInDoor,
  useSubmit,
} from '../../shared/doors.tsx';
import { Field } from '../../shared/parts/field.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { reading, words } from '../reading.ts';
import { api } from '../session.ts';

export function SignInPage() {
  return <SignInDoor reading={reading} />;
}

export function SetupPage() {
  const [secret, setSecret] = useState('');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const { isBusy, error, setError, submit } = useSubmit(reading);
  const w = words.value;
  return (
    <Door reading={reading} title={w.setupTitle}>
      <p class="quiet">{w.setupHelp}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (password !== again) {
            setError(w.passwordsDiffer);
            return;
          }
          const body: SetupRequest = {
            secret: secret.trim(),
            username: username.trim().toLowerCase(),
            password,
          };
          void submit(() => api<SessionView>('/api/setup', { method: 'POST', body }));
        }}
      >
        <Field
          id="secret"
          label={w.setupSecret}
          value={secret}
          onText={setSecret}
          autocomplete="off"
          spellcheck={false}
          required
          autoFocus
        />
        <Field
          id="username"
          label={w.username}
          value={username}
          onText={setUsername}
          autocomplete="username"
          required
        />
        <NewPassword
          reading={reading}
          password={password}
          again={again}
          setPassword={setPassword}
          setAgain={setAgain}
        />
        {error !== undefined && <Notice kind="bad">{error}</Notice>}
        <button type="submit" class="button is-main is-wide" disabled={isBusy}>
          {w.createAdministrator}
        </button>
      </form>
    </Door>
  );
}

export function PasswordPage({ isForced }: { isForced: boolean }) {
  if (isForced) return <ForcedPasswordDoor reading={reading} />;
  return (
    <>
      <PageHead title={words.value.changePassword} />
      <PasswordForm reading={reading} />
    </>
  );
}
