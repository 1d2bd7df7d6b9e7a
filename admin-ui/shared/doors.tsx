/** The doors that every page with a session has: sign-in and a change of password. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ChangePasswordRequest, SessionView, SignInRequest } from '../../server/contract/rest.ts';
import type { Answer } from './api-client.ts';
import { Field, type FieldProps } from './parts/field.tsx';
import { LanguageChoice } from './parts/language-choice.tsx';
import { Mark } from './parts/mark.tsx';
import { Notice } from './parts/notice.tsx';
import type { Reading } from './reading.ts';
import { refusalTextIn } from './refusal-text.ts';
import { api, enter } from './session.ts';
import { fill, type Words } from './words.ts';
import type { doorsEn } from './words/doors-en.ts';

/** By the contract (`passwordMinLength`), whose module would bring the validator along. */
const passwordMinLength = 12;

export type DoorReading = Reading<Words<typeof doorsEn>>;

interface DoorProps {
  reading: DoorReading;
  title: string;
  children: ComponentChildren;
}

export function Door({ reading, title, children }: DoorProps) {
  return (
    <main class="door">
      <p class="brand">
        <Mark />
        {reading.words.value.appName}
      </p>
      <h1>{title}</h1>
      {children}
      <LanguageChoice reading={reading} />
    </main>
  );
}

/** None of these forms can do without its passwords. */
const PasswordField = (props: Omit<FieldProps, 'type' | 'required'>) => (
  <Field {...props} type="password" required />
);

/** One request at a time; what went wrong stays until the next try. */
export function useSubmit(reading: DoorReading) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async (send: () => Promise<Answer<SessionView>>, onDone?: () => void) => {
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    const answer = await send();
    setBusy(false);
    if (!answer.isOk) {
      setError(refusalTextIn(reading.words.value, reading.formats.value, answer));
      return;
    }
    enter(answer.body);
    onDone?.();
  };
  return { isBusy, error, setError, submit };
}

export function SignInDoor({ reading }: { reading: DoorReading }) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const { isBusy, error, submit } = useSubmit(reading);
  const w = reading.words.value;
  return (
    <Door reading={reading} title={w.signInTitle}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body: SignInRequest = { username: username.trim().toLowerCase(), password };
          void submit(() => api<SessionView>('/api/session', { method: 'POST', body }));
        }}
      >
        <Field
          id="username"
          label={w.username}
          value={username}
          onText={setUsername}
          autocomplete="username"
          required
          autoFocus
        />
        <PasswordField
          id="password"
          label={w.password}
          value={password}
          onText={setPassword}
          autocomplete="current-password"
        />
        {error !== undefined && <Notice kind="bad">{error}</Notice>}
        <button type="submit" class="button is-main is-wide" disabled={isBusy}>
          {w.signIn}
        </button>
      </form>
    </Door>
  );
}

interface NewPasswordProps {
  reading: DoorReading;
  password: string;
  again: string;
  setPassword: (text: string) => void;
  setAgain: (text: string) => void;
}

export function NewPassword({ reading, password, again, setPassword, setAgain }: NewPasswordProps) {
  const w = reading.words.value;
  return (
    <>
      <PasswordField
        id="new-password"
        label={w.newPassword}
        help={fill(w.passwordRule, { count: passwordMinLength })}
        value={password}
        onText={setPassword}
        minLength={passwordMinLength}
        autocomplete="new-password"
      />
      <PasswordField
        id="new-password-again"
        label={w.newPasswordAgain}
        value={again}
        onText={setAgain}
        autocomplete="new-password"
      />
    </>
  );
}

export function PasswordForm({ reading }: { reading: DoorReading }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isSaved, setSaved] = useState(false);
  const { isBusy, error, setError, submit } = useSubmit(reading);
  const w = reading.words.value;
  return (
    <form
      class="narrow"
      onSubmit={(event) => {
        event.preventDefault();
        setSaved(false);
        if (password !== again) {
          setError(w.passwordsDiffer);
          return;
        }
        const body: ChangePasswordRequest = { current, next: password };
        void submit(
          () => api<SessionView>('/api/me/password', { method: 'POST', body }),
          () => {
            setCurrent('');
            setPassword('');
            setAgain('');
            setSaved(true);
          },
        );
      }}
    >
      <PasswordField
        id="current"
        label={w.currentPassword}
        value={current}
        onText={setCurrent}
        autocomplete="current-password"
      />
      <NewPassword
        reading={reading}
        password={password}
        again={again}
        setPassword={setPassword}
        setAgain={setAgain}
      />
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
      {isSaved && <Notice kind="good">{w.passwordSaved}</Notice>}
      <button type="submit" class="button is-main" disabled={isBusy}>
        {w.savePassword}
      </button>
    </form>
  );
}

/** Of who signed in with a one-time password. */
export function ForcedPasswordDoor({ reading }: { reading: DoorReading }) {
  const w = reading.words.value;
  return (
    <Door reading={reading} title={w.passwordTitle}>
      <p class="quiet">{w.passwordOneTimeHelp}</p>
      <PasswordForm reading={reading} />
    </Door>
  );
}
