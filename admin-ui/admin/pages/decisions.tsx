/**
 * Why this agent: every offer newest first, with filters; or, with a contact in the address, that contact's story
 * (`#/decisions?contact=...&offer=...`), so that a link from any list leads to it and back works.
 */
import { signal } from '@preact/signals';
import type { DecisionRow } from '../../../server/contract/rest-decisions.ts';
import { siteNames, useNames, type NameOf } from '../names.ts';
import { usePaged } from '../parts/paged.ts';
import { PageHead } from '../parts/shell.tsx';
import { ListState, Pager, Table } from '../parts/table.tsx';
import { formats, words } from '../reading.ts';
import { pageQuery } from '../route.ts';
import { ResultBadge, storyAddress } from './decisions-parts.tsx';
import { StoryView } from './decisions-story.tsx';
import { strategyName } from './decisions-text.ts';

interface Filter {
  queueId: string;
  agentId: string;
  /** As the input has them: local, 2026-12-31T23:30. */
  from: string;
  to: string;
}
const noFilter: Filter = { queueId: '', agentId: '', from: '', to: '' };
/** Outlives a look at a story. */
const filter = signal<Filter>(noFilter);

function queryOf({ queueId, agentId, from, to }: Filter): string {
  const query = new URLSearchParams();
  if (queueId !== '') query.set('queueId', queueId);
  if (agentId !== '') query.set('agentId', agentId);
  for (const [key, value] of Object.entries({ from, to })) {
    const at = Date.parse(value);
    if (!Number.isNaN(at)) query.set(key, String(at));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

interface ChoiceProps {
  id: 'queueId' | 'agentId';
  label: string;
  all: string;
  options: Readonly<Record<string, string>>;
}

function Choice({ id, label, all, options }: ChoiceProps) {
  const sorted = Object.entries(options).sort(([, a], [, b]) => a.localeCompare(b));
  return (
    <div class="field">
      <label for={`filter-${id}`}>{label}</label>
      <select
        id={`filter-${id}`}
        value={filter.value[id]}
        onChange={(event) => {
          filter.value = { ...filter.value, [id]: event.currentTarget.value };
        }}
      >
        <option value="">{all}</option>
        {sorted.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Instant({ id, label }: { id: 'from' | 'to'; label: string }) {
  return (
    <div class="field">
      <label for={`filter-${id}`}>{label}</label>
      <input
        id={`filter-${id}`}
        type="datetime-local"
        min="1970-01-01T00:00"
        max="2099-12-31T23:59"
        value={filter.value[id]}
        onChange={(event) => {
          filter.value = { ...filter.value, [id]: event.currentTarget.value };
        }}
      />
    </div>
  );
}

function Filters() {
  const w = words.value;
  const { queues = {}, agents = {} } = siteNames.value;
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Choice id="queueId" label={w.colQueue} all={w.decisionsAllQueues} options={queues} />
      <Choice id="agentId" label={w.colAgent} all={w.decisionsAllAgents} options={agents} />
      <Instant id="from" label={w.decisionsFrom} />
      <Instant id="to" label={w.decisionsTo} />
      <button
        type="button"
        class="button"
        disabled={queryOf(filter.value) === ''}
        onClick={() => {
          filter.value = noFilter;
        }}
      >
        {w.decisionsClear}
      </button>
    </form>
  );
}

function Row({ row, nameOf }: { row: DecisionRow; nameOf: NameOf }) {
  const w = words.value;
  const { dateTime, number } = formats.value;
  const { decision } = row;
  const out = decision?.ruledOut.reduce((sum, { count }) => sum + count, 0);
  return (
    <tr data-offer={row.offerId}>
      <td>{dateTime(row.at)}</td>
      <td data-given title={row.queueId}>
        {nameOf.queue(row.queueId)}
      </td>
      <td data-given title={row.agentId}>
        {nameOf.agent(row.agentId)}
      </td>
      <td>{decision ? strategyName(decision.strategy) : w.none}</td>
      <td class="is-number">{decision ? number(decision.candidateCount) : w.none}</td>
      <td class="is-number">{out === undefined ? w.none : number(out)}</td>
      <td>
        <ResultBadge result={row.result} />
      </td>
      <td>
        <a class="button is-small" href={storyAddress(row.contactId, row.offerId)}>
          {w.decisionsWhy}
        </a>
      </td>
    </tr>
  );
}

/** Made anew for each filter, so that its pages begin at the first. */
function List({ query, nameOf }: { query: string; nameOf: NameOf }) {
  const list = usePaged<DecisionRow>(`/api/decisions${query}`);
  const w = words.value;
  return (
    <>
      <PageHead title={w.pageDecisions}>
        <p class="quiet">{w.decisionsHelp}</p>
        <Pager list={list} />
      </PageHead>
      <Filters />
      <ListState list={list} />
      {list.items && (
        <Table
          name={w.pageDecisions}
          columns={[
            { id: 'at', title: w.colAt },
            { id: 'queue', title: w.colQueue },
            { id: 'agent', title: w.colAgent },
            { id: 'strategy', title: w.decisionsColStrategy },
            { id: 'free', title: w.decisionsColFree, isNumber: true },
            { id: 'out', title: w.decisionsColOut, isNumber: true },
            { id: 'result', title: w.decisionsColResult },
            { id: 'why', title: w.colActions },
          ]}
          empty={w.nothingHere}
          isEmpty={list.items.length === 0}
        >
          {list.items.map((row) => (
            <Row key={row.offerId} row={row} nameOf={nameOf} />
          ))}
        </Table>
      )}
    </>
  );
}

export function DecisionsPage() {
  const nameOf = useNames();
  const contactId = pageQuery.value.get('contact');
  const offerId = pageQuery.value.get('offer') ?? undefined;
  if (contactId !== null)
    return <StoryView key={contactId} contactId={contactId} offerId={offerId} nameOf={nameOf} />;
  const query = queryOf(filter.value);
  return <List key={query} query={query} nameOf={nameOf} />;
}
