/**
 * Users: who may sign in, as what, and as which agent. A one-time password is shown once, here, and nowhere again. What
 * takes a right away ends that user's sessions, so it is asked first.
 */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { NewUser, UserList, UserRow } from '../../../server/contract/rest.ts';
import type { UserView } from '../../../server/contract/user-view.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { OnOffShape } from '../../shared/parts/state-shape.tsx';
import { fill } from '../../shared/words.ts';
import { siteNames, useNames } from '../names.ts';
import { PageHead } from '../parts/shell.tsx';
import { Table } from '../parts/table.tsx';
import { formats, words } from '../reading.ts';
import { api, may, refusalText } from '../session.ts';
import { viewText, withNames } from '../view-text.ts';
import { AskUser, NewUserForm, roleWord, type AskedOfUser } from './users-ask.tsx';

function OneTimePassword({ made, onClose }: { made: NewUser; onClose: () => void }) {
  const w = words.value;
  return (
    <div class="card one-time" role="status">
      <p data-given>{fill(w.usersOneTime, { name: made.user.username })}</p>
      <p class="one-time-line">
        <code data-one-time>{made.oneTimePassword}</code>
        <button type="button" class="button" onClick={onClose}>
          {w.usersOneTimeDone}
        </button>
      </p>
      <p class="quiet">{w.usersOneTimeHelp}</p>
    </div>
  );
}

function Status({ user }: { user: UserRow }) {
  const w = words.value;
  return (
    <span class="with-icon">
      <OnOffShape isOn={!user.isDisabled} isBad={user.isDisabled} />
      {user.isDisabled ? w.usersDisabled : user.mustChangePassword ? w.usersInvited : w.usersEnabled}
    </span>
  );
}

/** Of somebody limited to some teams and queues; all others see the whole site. */
function SeenBy({ view }: { view: UserView }) {
  const text = viewText(words.value, withNames(view, siteNames.value));
  return (
    <small class="seen-by" title={text} data-given>
      {text}
    </small>
  );
}

function Actions({ user, onAsk }: { user: UserRow; onAsk: (what: AskedOfUser['what']) => void }) {
  const w = words.value;
  return (
    <span class="row-actions">
      <button type="button" class="button is-small" data-do="change" onClick={() => onAsk('change')}>
        {w.usersChange}
      </button>
      <button type="button" class="button is-small" data-do="password" onClick={() => onAsk('password')}>
        {w.usersPassword}
      </button>
      <button
        type="button"
        class={`button is-small ${user.isDisabled ? '' : 'is-danger'}`}
        data-do="switch"
        onClick={() => onAsk('switch')}
      >
        {user.isDisabled ? w.usersEnable : w.usersDisable}
      </button>
    </span>
  );
}

export function UsersPage() {
  const [users, setUsers] = useState<UserRow[]>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [asked, setAsked] = useState<AskedOfUser>();
  const [made, setMade] = useState<NewUser>();
  const names = useNames();
  const load = useCallback(async () => {
    const answer = await api<UserList>('/api/users');
    if (answer.isOk) {
      setUsers(answer.body.items);
      setRefusal(undefined);
    } else setRefusal(answer);
  }, []);
  useEffect(() => void load(), [load]);
  const w = words.value;
  const { date } = formats.value;
  const canManage = may('users.manage');
  const agentOf = ({ agentId }: UserRow) => {
    const name = names.agent(agentId);
    if (agentId === undefined) return w.none;
    return name === undefined || name === agentId ? agentId : `${agentId} · ${name}`;
  };
  const done = (result?: NewUser) => {
    setAsked(undefined);
    if (result) setMade(result);
    void load();
  };
  return (
    <>
      <PageHead title={w.pageUsers} />
      {canManage && <NewUserForm onMade={done} />}
      {made && <OneTimePassword made={made} onClose={() => setMade(undefined)} />}
      {refusal && <Notice kind="bad">{refusalText(refusal)}</Notice>}
      {users && (
        <Table
          name={w.pageUsers}
          columns={[
            { id: 'user', title: w.username },
            { id: 'role', title: w.usersRole },
            { id: 'agent-of', title: w.colAgent },
            { id: 'status', title: w.colState },
            { id: 'at', title: w.usersLastSignIn },
            ...(canManage ? [{ id: 'user-actions', title: w.colActions }] : []),
          ]}
          empty={w.nothingHere}
          isEmpty={users.length === 0}
        >
          {users.map((user) => (
            <tr key={user.userId} data-user={user.username}>
              <td data-given>{user.username}</td>
              <td>
                {w[roleWord[user.role]]}
                {user.view && <SeenBy view={user.view} />}
              </td>
              <td data-given title={agentOf(user)}>
                {agentOf(user)}
              </td>
              <td>
                <Status user={user} />
              </td>
              <td>{user.lastSignInAt === undefined ? w.none : date(user.lastSignInAt)}</td>
              {canManage && (
                <td>
                  <Actions user={user} onAsk={(what) => setAsked({ what, user })} />
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {asked && <AskUser asked={asked} onDone={done} onClose={() => setAsked(undefined)} />}
    </>
  );
}
