/** What a supervisor or viewer sees: the whole site, or some teams and queues of it, chosen from lists. */
import type { UserView } from '../../../server/contract/user-view.ts';
import type { Role } from '../../../server/contract/rest.ts';
import { siteNames } from '../names.ts';
import { language, words } from '../reading.ts';

/** By the server's own rule (server/auth/view.ts). */
export const mayBeLimited = (role: Role): boolean => role === 'supervisor' || role === 'viewer';
export const isNothing = (view: UserView | undefined): boolean =>
  view !== undefined && view.teams.length + view.queues.length === 0;
/** By ids that the site has: others match nothing, and the server takes none of them. */
export function known(view: UserView): UserView {
  const { teams = {}, queues = {} } = siteNames.value;
  return {
    teams: view.teams.filter((id) => Object.hasOwn(teams, id)).sort(),
    queues: view.queues.filter((id) => Object.hasOwn(queues, id)).sort(),
  };
}

interface ListProps {
  id: string;
  title: string;
  names: Record<string, string>;
  chosen: readonly string[];
  onChange: (ids: string[]) => void;
}

function CheckList({ id, title, names, chosen, onChange }: ListProps) {
  const w = words.value;
  const things = Object.entries(names).sort(([, a], [, b]) => a.localeCompare(b, language.value));
  const gone = chosen.filter((one) => !Object.hasOwn(names, one));
  return (
    <fieldset class="view-list" data-list={id}>
      <legend>{title}</legend>
      <div>
        {things.map(([one, name]) => (
          <label key={one}>
            <input
              type="checkbox"
              value={one}
              checked={chosen.includes(one)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked ? [...chosen, one] : chosen.filter((other) => other !== one),
                )
              }
            />
            <span data-given title={name}>
              {name}
            </span>
          </label>
        ))}
        {gone.map((one) => (
          <p key={one} class="quiet">
            <span data-given>{one}</span>: {w.viewGone}
          </p>
        ))}
        {things.length === 0 && <p class="quiet">{w.viewNone}</p>}
      </div>
    </fieldset>
  );
}

interface ViewFieldsProps {
  id: string;
  /** Undefined: the whole site. */
  view: UserView | undefined;
  setView: (view: UserView | undefined) => void;
}

export function ViewFields({ id, view, setView }: ViewFieldsProps) {
  const w = words.value;
  const { teams = {}, queues = {} } = siteNames.value;
  const choice = (isPart: boolean, text: string) => (
    <label>
      <input
        type="radio"
        name={`${id}-view`}
        value={isPart ? 'part' : 'all'}
        checked={(view !== undefined) === isPart}
        onChange={() => setView(isPart ? { teams: [], queues: [] } : undefined)}
      />
      <span>{text}</span>
    </label>
  );
  return (
    <fieldset class="view-fields">
      <legend>{w.viewLegend}</legend>
      <div class="view-choice">
        {choice(false, w.viewAll)}
        {choice(true, w.viewOnly)}
      </div>
      {view && (
        <>
          <div class="view-lists">
            <CheckList
              id="teams"
              title={w.viewTeamsLabel}
              names={teams}
              chosen={view.teams}
              onChange={(ids) => setView({ ...view, teams: ids })}
            />
            <CheckList
              id="queues"
              title={w.viewQueuesLabel}
              names={queues}
              chosen={view.queues}
              onChange={(ids) => setView({ ...view, queues: ids })}
            />
          </div>
          <p class="quiet">{w.viewHelp}</p>
        </>
      )}
    </fieldset>
  );
}
