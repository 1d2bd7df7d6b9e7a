/** The questions of the users' page: a new user, another role or agent, a new password, switched off or on. */
import { useState } from 'preact/hooks';
import type {
  CreateUserRequest,
  NewUser,
  Role,
  UpdateUserRequest,
  UserRow,
} from '../../../server/contract/rest.ts';
import type { UserView } from '../../../server/contract/user-view.ts';
import type { Answer, Refusal } from '../../shared/api-client.ts';
import { Field } from '../../shared/parts/field.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { siteNames } from '../names.ts';
import { Dialog } from '../parts/dialog.tsx';
import { words, type ConsoleWords, type TextKey } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { isNothing, known, mayBeLimited, ViewFields } from './users-view.tsx';

export interface AskedOfUser {
  what: 'change' | 'password' | 'switch';
  user: UserRow;
}

export const roleWord: Record<Role, TextKey> = {
  admin: 'roleAdmin',
  supervisor: 'roleSupervisor',
  viewer: 'roleViewer',
  agent: 'roleAgent',
};
/** By the contract (`roles`), whose module would bring the validator along; the likeliest first. */
const roleList = ['agent', 'supervisor', 'viewer', 'admin'] as const satisfies readonly Role[];

function userRefusal(w: ConsoleWords, refusal: Refusal): string {
  switch (refusal.details['reason']) {
    case 'username-taken':
      return w.usersTaken;
    case 'last-admin':
      return w.usersLastAdmin;
    case 'agent-taken':
      return w.usersAgentTaken;
    case 'unknown-in-site':
      return w.viewUnknown;
    case 'unknown-agent':
      return w.usersAgentUnknown;
    default:
      return refusalText(refusal);
  }
}

interface RoleFieldsProps {
  id: string;
  role: Role;
  agentId: string;
  setRole: (role: Role) => void;
  setAgentId: (agentId: string) => void;
}

/** An agent needs a number; others may have one, and then a desk as well. A viewer only watches. */
function RoleFields({ id, role, agentId, setRole, setAgentId }: RoleFieldsProps) {
  const w = words.value;
  const agents = Object.entries(siteNames.value.agents ?? {});
  return (
    <>
      <div class="field">
        <label for={`${id}-role`}>{w.usersRole}</label>
        <select
          id={`${id}-role`}
          value={role}
          onChange={(event) => {
            const next = roleList.find((entry) => entry === event.currentTarget.value);
            if (next) setRole(next);
          }}
        >
          {roleList.map((entry) => (
            <option key={entry} value={entry}>
              {w[roleWord[entry]]}
            </option>
          ))}
        </select>
      </div>
      {role !== 'viewer' && (
        <>
          <Field
            id={`${id}-agent`}
            label={role === 'agent' ? w.usersAgent : w.usersAgentOptional}
            value={agentId}
            onText={setAgentId}
            required={role === 'agent'}
            autocomplete="off"
            spellcheck={false}
            maxLength={80}
            list={`${id}-agents`}
          />
          <datalist id={`${id}-agents`}>
            {agents.map(([known, name]) => (
              <option key={known} value={known}>
                {name}
              </option>
            ))}
          </datalist>
        </>
      )}
    </>
  );
}

export function NewUserForm({ onMade }: { onMade: (made: NewUser) => void }) {
  const [username, setUsername] = useState('');
  const [role, setRole] = useState<Role>('agent');
  const [agentId, setAgentId] = useState('');
  const [view, setView] = useState<UserView>();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const [isUnchosen, setUnchosen] = useState(false);
  const w = words.value;
  const limits = mayBeLimited(role) ? view : undefined;
  const create = async () => {
    setUnchosen(isNothing(limits));
    if (isNothing(limits)) return;
    setBusy(true);
    setRefusal(undefined);
    const agent = role === 'viewer' ? '' : agentId.trim();
    const body: CreateUserRequest = {
      username: username.trim().toLowerCase(),
      role,
      ...(agent !== '' && { agentId: agent }),
      ...(limits && { view: limits }),
    };
    const answer = await api<NewUser>('/api/users', { method: 'POST', body });
    setBusy(false);
    if (!answer.isOk) {
      setRefusal(answer);
      return;
    }
    setUsername('');
    setAgentId('');
    setView(undefined);
    onMade(answer.body);
  };
  return (
    <form
      class="card new-user"
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <h2>{w.usersNew}</h2>
      <div class="new-user-row">
        <Field
          id="new-username"
          label={w.username}
          value={username}
          onText={setUsername}
          autocomplete="off"
          spellcheck={false}
          minLength={2}
          maxLength={40}
          required
        />
        <RoleFields id="new" role={role} agentId={agentId} setRole={setRole} setAgentId={setAgentId} />
        <button type="submit" class="button is-main" disabled={isBusy}>
          {w.usersCreate}
        </button>
      </div>
      {mayBeLimited(role) && <ViewFields id="new" view={view} setView={setView} />}
      {isUnchosen && isNothing(limits) && <Notice kind="bad">{w.viewChoose}</Notice>}
      {refusal && <Notice kind="bad">{userRefusal(w, refusal)}</Notice>}
    </form>
  );
}

/** What has changed; undefined where nothing has. */
function changeOf(
  user: UserRow,
  role: Role,
  agentId: string,
  view: UserView | undefined,
): UpdateUserRequest | undefined {
  const limits = mayBeLimited(role) && view ? known(view) : undefined;
  const isSameView = JSON.stringify(limits) === JSON.stringify(user.view);
  const agent = role === 'viewer' || agentId.trim() === '' ? null : agentId.trim();
  const change: UpdateUserRequest = {
    ...(role !== user.role && { role }),
    ...(agent !== (user.agentId ?? null) && { agentId: agent }),
    // A role without one takes it away by itself.
    ...(!isSameView && mayBeLimited(role) && { view: limits ?? null }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

interface AskUserProps {
  asked: AskedOfUser;
  onDone: (made?: NewUser) => void;
  onClose: () => void;
}

export function AskUser({ asked: { what, user }, onDone, onClose }: AskUserProps) {
  const [role, setRole] = useState<Role>(user.role);
  const [agentId, setAgentId] = useState(user.agentId ?? '');
  const [view, setView] = useState(user.view);
  const [isUnchosen, setUnchosen] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const w = words.value;
  const name = user.username;
  const path = `/api/users/${encodeURIComponent(user.userId)}`;
  const patch = (body: UpdateUserRequest): Promise<Answer<UserRow>> => api(path, { method: 'PATCH', body });
  const run = async () => {
    if (what === 'password') {
      const answer = await api<NewUser>(`${path}/password`, { method: 'POST', body: {} });
      if (answer.isOk) onDone(answer.body);
      else setRefusal(answer);
      return;
    }
    const isWithout = what === 'change' && mayBeLimited(role) && view !== undefined && isNothing(known(view));
    setUnchosen(isWithout);
    if (isWithout) return;
    const change = what === 'switch' ? { isDisabled: !user.isDisabled } : changeOf(user, role, agentId, view);
    if (!change) {
      onClose();
      return;
    }
    const answer = await patch(change);
    if (answer.isOk) onDone();
    else setRefusal(answer);
  };
  const title = {
    change: w.usersChangeTitle,
    password: w.usersPasswordTitle,
    switch: user.isDisabled ? w.usersEnableTitle : w.usersDisableTitle,
  }[what];
  const confirm = {
    change: w.save,
    password: w.usersNewPassword,
    switch: user.isDisabled ? w.usersEnable : w.usersDisable,
  }[what];
  return (
    <Dialog
      title={fill(title, { name })}
      confirm={confirm}
      isDanger={what === 'switch' && !user.isDisabled}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      {what === 'change' ? (
        <>
          <RoleFields id="change" role={role} agentId={agentId} setRole={setRole} setAgentId={setAgentId} />
          {mayBeLimited(role) && <ViewFields id="change" view={view} setView={setView} />}
        </>
      ) : null}
      {isUnchosen && <Notice kind="bad">{w.viewChoose}</Notice>}
      {!(what === 'switch' && user.isDisabled) && <p class="quiet">{w.usersSessionsEnd}</p>}
      {refusal && <Notice kind="bad">{userRefusal(w, refusal)}</Notice>}
    </Dialog>
  );
}
