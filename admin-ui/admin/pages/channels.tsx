/**
 * Every way in that the site has switched on, how it is and how much came by it; those that nobody uses are marked in words
 * (S17). Below: what leaves the building, and for administrators the consents. What is off is nowhere on the page.
 */
import { useEffect, useState } from 'preact/hooks';
import type {
  ChannelHealthView,
  ChannelKind,
  ChannelList,
  ChannelRow,
} from '../../../server/contract/rest-channels.ts';
import type { Answer } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { diamond, disc, OnOffShape, ring, Shape } from '../../shared/parts/state-shape.tsx';
import { fill, plural } from '../../shared/words.ts';
import { type NameOf, useNames } from '../names.ts';
import { PageHead } from '../parts/shell.tsx';
import { Table } from '../parts/table.tsx';
import { formats, language, words, type TextKey } from '../reading.ts';
import { api, may, refusalText, stage } from '../session.ts';
import { Consents } from './channels-consents.tsx';
import { Egress } from './channels-egress.tsx';

const kindWord: Record<ChannelKind, TextKey> = {
  number: 'kindNumber',
  trunk: 'kindTrunk',
  mailbox: 'kindMailbox',
  widget: 'kindWidget',
  form: 'kindForm',
  connector: 'kindConnector',
  callbacks: 'kindCallbacks',
};
const healthWord: Record<ChannelHealthView['state'], TextKey> = {
  up: 'healthUp',
  degraded: 'healthDegraded',
  down: 'healthDown',
};
/** A table of all numbers of a large house would take seconds to draw; the file has every one. */
const rowsAtMost = 500;

/** Without seconds: days are what is asked here. */
const momentText = (at: number): string => `${formats.value.date(at)} ${formats.value.shortTime(at)}`;

function Health({ health }: { health: ChannelHealthView | undefined }) {
  const w = words.value;
  if (!health) return <>{w.none}</>;
  const { state, since, detail } = health;
  return (
    <span class="channel-health">
      <span class="channel-state">
        {state === 'degraded' ? (
          <Shape of={[diamond, 'not-ready']} />
        ) : (
          <OnOffShape isOn={state === 'up'} isBad />
        )}
        {w[healthWord[state]]}
      </span>
      {since !== undefined && <small>{fill(w.channelsSince, { time: momentText(since) })}</small>}
      {detail !== undefined && <small data-given>{detail}</small>}
    </span>
  );
}

function Use({ isUnused }: { isUnused: boolean }) {
  const w = words.value;
  return (
    <span
      class={`channel-use ${isUnused ? 'is-unused' : ''}`}
      {...(isUnused && { title: w.channelsUnusedHelp })}
    >
      <Shape of={isUnused ? [ring, 'waiting'] : [disc, 'ready']} />
      {isUnused ? w.channelsUnused : w.channelsUsed}
    </span>
  );
}

function Row({ channel, nameOf }: { channel: ChannelRow; nameOf: NameOf }) {
  const w = words.value;
  const { kind, id, name, queueIds, health, contacts7d, contacts30d, lastAt, isUnused } = channel;
  const queues = queueIds.map((queueId) => nameOf.queue(queueId) ?? queueId).join(', ');
  const { number } = formats.value;
  return (
    <tr data-channel={`${kind}:${id}`} data-unused={isUnused}>
      <td>{w[kindWord[kind]]}</td>
      <td data-given title={name ?? id}>
        <span class="channel-name">
          <b>{name ?? id}</b>
          {name !== undefined && <small>{id}</small>}
        </span>
      </td>
      <td data-given title={queues}>
        {queues === '' ? w.none : queues}
      </td>
      <td>
        <Health health={health} />
      </td>
      <td class="is-number">{number(contacts7d)}</td>
      <td class="is-number">{number(contacts30d)}</td>
      <td>{lastAt === undefined ? w.channelsNever : momentText(lastAt)}</td>
      <td>
        <Use isUnused={isUnused} />
      </td>
    </tr>
  );
}

function ChannelTable({ items, isUnusedOnly }: { items: ChannelRow[]; isUnusedOnly: boolean }) {
  const nameOf = useNames();
  const w = words.value;
  const rows = isUnusedOnly ? items.filter(({ isUnused }) => isUnused) : items;
  const more = rows.length - rowsAtMost;
  return (
    <>
      <Table
        name={w.pageChannels}
        columns={[
          { id: 'kind', title: w.colChannel },
          { id: 'channel', title: w.colName },
          { id: 'queues', title: w.colQueue },
          { id: 'health', title: w.colHealth },
          { id: 'lately', title: w.colLast7, isNumber: true },
          { id: 'lately', title: w.colLast30, isNumber: true },
          { id: 'last', title: w.colLastContact },
          { id: 'use', title: w.colUse },
        ]}
        empty={isUnusedOnly && items.length > 0 ? w.channelsAllUsed : w.channelsNone}
        isEmpty={rows.length === 0}
      >
        {rows.slice(0, rowsAtMost).map((channel) => (
          <Row key={`${channel.kind}:${channel.id}`} channel={channel} nameOf={nameOf} />
        ))}
      </Table>
      {more > 0 && <p class="quiet">{plural(language.value, w.more, more, formats.value.number(more))}</p>}
    </>
  );
}

function Controls({ isUnusedOnly, onChoose }: { isUnusedOnly: boolean; onChoose: (isOn: boolean) => void }) {
  const w = words.value;
  return (
    <div class="shows">
      <span class="channel-filter" role="group" aria-label={w.channelsShow}>
        {[false, true].map((isOn) => (
          <button
            key={String(isOn)}
            type="button"
            class="button"
            aria-pressed={isOn === isUnusedOnly}
            onClick={() => onChoose(isOn)}
          >
            {isOn ? w.channelsUnusedOnly : w.channelsAll}
          </button>
        ))}
      </span>
      <a
        class="button channels-file"
        href={`/api/channels?format=csv${isUnusedOnly ? '&show=unused' : ''}`}
        download
      >
        {w.channelsDownload}
      </a>
    </div>
  );
}

export function ChannelsPage() {
  const [answer, setAnswer] = useState<Answer<ChannelList>>();
  const [isUnusedOnly, setUnusedOnly] = useState(false);
  useEffect(() => {
    void api<ChannelList>('/api/channels', { timeoutMs: 60_000 }).then(setAnswer);
  }, []);
  const w = words.value;
  const now = stage.value;
  // Nobody is asked for a consent by calls and mails.
  const hasConsents =
    now.at === 'in' && now.session.channels.some((channel) => channel === 'chat' || channel === 'form');
  return (
    <div class="channels-page">
      <PageHead title={w.pageChannels}>
        <p class="quiet">{w.channelsHelp}</p>
        <Controls isUnusedOnly={isUnusedOnly} onChoose={setUnusedOnly} />
      </PageHead>
      {!answer && <p class="quiet">{w.loading}</p>}
      {answer && !answer.isOk && <Notice kind="bad">{refusalText(answer)}</Notice>}
      {answer?.isOk && <ChannelTable items={answer.body.items} isUnusedOnly={isUnusedOnly} />}
      <Egress />
      {hasConsents && may('consents.export') && <Consents />}
    </div>
  );
}
