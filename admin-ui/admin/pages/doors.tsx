/** The doors: first set-up with the one-time secret, sign-in, and a change of password. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type {
  ChangePasswordRequest,
  SessionView,
  SetupRequest,
  SignInRequest,
} from '../../../server/contract/rest.ts';
import type { Answer } from '../../shared/api-client.ts';
import { fill } from '../../shared/words.ts';
import { Field } from '../parts/field.tsx';
import { Notice } from '../parts/notice.tsx';
import { LanguageChoice, Mark, PageHead } from '../parts/shell.tsx';
import { words } from '../reading.ts';
import { api, enter, refusalText } from '../session.ts';

/** By the contract (`passwordMinLength`), whose module would bring the validator along. */
const passwordMinLength = 12;

function Door({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="door">
      <p class="brand">
        <Mark />
        {words.value.appName}
      </p>
      <h1>{title}</h1>
      {children}
      <LanguageChoice />
    </main>
  );
}

/** One request at a time; what went wrong stays until the next try. */
function useSubmit() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async (send: () => Promise<Answer<SessionView>>, onDone?: () => void) => {
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    const answer = await send();
    setBusy(false);
    if (!answer.isOk) {
      setError(refusalText(answer));
      return;
    }
    enter(answer.body);
    onDone?.();
  };
  return { isBusy, error, setError, submit };
}

export function SignInPage() {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const { isBusy, error, submit } = useSubmit();
  const w = words.value;
  return (
    <Door title={w.signInTitle}>
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
        <Field
          id="password"
          label={w.password}
          type="password"
          value={password}
          onText={setPassword}
          autocomplete="current-password"
          required
        />
        {error !== undefined && <Notice kind="bad">{error}</Notice>}
        <button type="submit" class="button is-main is-wide" disabled={isBusy}>
          {w.signIn}
        </button>
      </form>
    </Door>
  );
}

export function SetupPage() {
  const [secret, setSecret] = useState('');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const { isBusy, error, setError, submit } = useSubmit();
  const w = words.value;
  return (
    <Door title={w.setupTitle}>
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
        <NewPassword password={password} again={again} setPassword={setPassword} setAgain={setAgain} />
        {error !== undefined && <Notice kind="bad">{error}</Notice>}
        <button type="submit" class="button is-main is-wide" disabled={isBusy}>
          {w.createAdministrator}
        </button>
      </form>
    </Door>
  );
}

interface NewPasswordProps {
  password: string;
  again: string;
  setPassword: (text: string) => void;
  setAgain: (text: string) => void;
}

function NewPassword({ password, again, setPassword, setAgain }: NewPasswordProps) {
  const w = words.value;
  return (
    <>
      <Field
        id="new-password"
        label={w.newPassword}
        help={fill(w.passwordRule, { count: passwordMinLength })}
        type="password"
        value={password}
        onText={setPassword}
        autocomplete="new-password"
        minLength={passwordMinLength}
        required
      />
      <Field
        id="new-password-again"
        label={w.newPasswordAgain}
        type="password"
        value={again}
        onText={setAgain}
        autocomplete="new-password"
        required
      />
    </>
  );
}

export function PasswordPage({ isForced }: { isForced: boolean }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [isSaved, setSaved] = useState(false);
  const { isBusy, error, setError, submit } = useSubmit();
  const w = words.value;
  const form = (
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
      <Field
        id="current"
        label={w.currentPassword}
        type="password"
        value={current}
        onText={setCurrent}
        autocomplete="current-password"
        required
      />
      <NewPassword password={password} again={again} setPassword={setPassword} setAgain={setAgain} />
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
      {isSaved && <Notice kind="good">{w.passwordSaved}</Notice>}
      <button type="submit" class="button is-main" disabled={isBusy}>
        {w.savePassword}
      </button>
    </form>
  );
  if (isForced)
    return (
      <Door title={w.passwordTitle}>
        <p class="quiet">{w.passwordOneTimeHelp}</p>
        {form}
      </Door>
    );
  return (
    <>
      <PageHead title={w.changePassword} />
      {form}
    </>
  );
}
