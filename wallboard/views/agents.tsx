/** Agents by state as one ribbon and eight tiles, and why those who are not ready are not. No names: a wall has none. */
import type { BoardState } from '../../server/contract/live.ts';
import { plural } from '../../admin-ui/shared/words.ts';
import { agentsShown, shownStates } from '../../admin-ui/shared/site-figures.ts';
import { reasonName, stateWord } from '../live/agent-words.ts';
import { formats, words } from '../live/reading.ts';
import { StateShape } from './shapes.tsx';

const reasonsShown = 4;

function Reasons({ byReason }: { byReason: Record<string, number> }) {
  const { number } = formats.value;
  const all = Object.entries(byReason)
    .filter(([, count]) => count > 0)
    .sort(([nameA, a], [nameB, b]) => b - a || nameA.localeCompare(nameB));
  const shown = all.length > reasonsShown ? all.slice(0, reasonsShown - 1) : all;
  const rest = all.slice(shown.length).reduce((total, [, count]) => total + count, 0);
  return (
    <div class="reasons">
      <h3>{words.value.notReadyReasons}</h3>
      {all.length === 0 && <p class="reasons-none">{words.value.nobodyNotReady}</p>}
      <dl>
        {shown.map(([reason, count]) => (
          <div key={reason} class="reason">
            <dt data-given>{reasonName(words.value, reason)}</dt>
            <dd>{number(count)}</dd>
          </div>
        ))}
        {rest > 0 && (
          <div class="reason">
            <dt>{words.value.moreReasons}</dt>
            <dd>{number(rest)}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}

export function Agents({ board, loggedIn }: { board: BoardState; loggedIn: number }) {
  const { number, language } = formats.value;
  const counts = agentsShown(board.agentsByState);
  return (
    <section class="agents">
      <header class="agents-head">
        <h2>{words.value.agents}</h2>
        <span>{plural(language, words.value.agentsLoggedIn, loggedIn, number(loggedIn))}</span>
      </header>
      <div class="ribbon" aria-hidden="true">
        {shownStates.map((state) => (
          <i
            key={state}
            class={`ribbon-part state-${state}`}
            style={{ flexGrow: state === 'logged-out' ? 0 : counts[state] }}
          />
        ))}
      </div>
      <div class="agent-tiles">
        {shownStates.map((state) => (
          <div key={state} class={`agent-tile ${counts[state] === 0 ? 'is-none' : ''}`} data-state={state}>
            <p class="agent-count">
              <StateShape state={state} />
              <span>{number(counts[state])}</span>
            </p>
            <p class="agent-label">{words.value[stateWord[state]]}</p>
          </div>
        ))}
      </div>
      <Reasons byReason={board.notReadyByReason} />
    </section>
  );
}
