/**
 * The four tables of the live page. A row is drawn anew only when its own object changed (patches share
 * what they leave alone), and running times count in cells of their own.
 */
import type { ReadonlySignal } from '@preact/signals';
import type { AgentState, SystemReason } from '../../../server/contract/events.ts';
import type { FigureName } from '../../../server/contract/figure-facts.ts';
import type {
  AgentLive,
  ContactLive,
  FloorState,
  PhoneLive,
  QueueLive,
} from '../../../server/contract/live.ts';
import { fill, plural } from '../../shared/words.ts';
import { AgentShape, OnOffShape } from '../../shared/parts/state-shape.tsx';
import { CallShape } from '../parts/icons.tsx';
import { Table } from '../parts/table.tsx';
import { callerOf } from '../pages/contacts.tsx';
import { formats, language, words, type TextKey } from '../reading.ts';
import { AgentMenuButton, type AgentSwitch } from './agent-switch.tsx';
import { ReturnButton, type ContactReturn } from './contact-return.tsx';
import { agentWithText } from './return-texts.ts';
import { DrillNumber } from '../reports/drill-number.tsx';
import { type LiveDrill, liveAsk } from './queue-drill.ts';
import { orderedAgents, orderedCalls, orderedPhones } from './order.ts';

/** More rows than a person reads; the rest is counted, and the browser stays quick. */
const mostRows = 300;

export type Seconds = ReadonlySignal<number>;

const callWord: Record<ContactLive['state'], TextKey> = {
  greeting: 'callGreeting',
  waiting: 'callWaiting',
  ringing: 'callRinging',
  talking: 'callTalking',
  hold: 'callHold',
  'flowed-out': 'callFlowedOut',
};
const channelWord: Record<NonNullable<ContactLive['channel']>, TextKey> = {
  callback: 'channelCallback',
  chat: 'channelChat',
  mail: 'channelMail',
};
const agentWord: Record<AgentState, TextKey> = {
  'logged-out': 'stateLoggedOut',
  'not-ready': 'stateNotReady',
  ready: 'stateReady',
  reserved: 'stateReserved',
  ringing: 'stateRinging',
  talking: 'stateTalking',
  hold: 'stateHold',
  'wrap-up': 'stateWrapUp',
  unreachable: 'stateUnreachable',
};
const reasonWord: Record<SystemReason, TextKey> = {
  rona: 'reasonRona',
  'offer-rejected': 'reasonRejected',
  'phone-unreachable': 'reasonPhone',
  supervisor: 'reasonSupervisor',
  'connection-lost': 'reasonConnection',
  'just-logged-in': 'reasonLoggedIn',
  'logging-out': 'reasonLoggingOut',
};

function Running({ since, now }: { since: number; now: Seconds }) {
  return <>{formats.value.duration((now.value - Math.floor(since / 1000)) * 1000)}</>;
}

function More({ count, columns }: { count: number; columns: number }) {
  if (count <= mostRows) return null;
  const rest = count - mostRows;
  return (
    <tr>
      <td colSpan={columns}>{plural(language.value, words.value.more, rest, formats.value.number(rest))}</td>
    </tr>
  );
}

interface CallRowProps {
  call: ContactLive;
  queueName: string;
  agentName: string;
  now: Seconds;
  control: ContactReturn | undefined;
}

function CallRow({ call, queueName, agentName, now, control }: CallRowProps) {
  const w = words.value;
  const isWaiting = call.state === 'waiting' || call.state === 'ringing';
  const isTalking = call.state === 'talking' || call.state === 'hold';
  return (
    <tr data-contact={call.contactId}>
      <td>
        <span class="with-icon">
          <CallShape state={call.state} />
          <span class="cut">
            {w[callWord[call.state]]}
            {call.channel && <span class="call-channel">{w[channelWord[call.channel]]}</span>}
          </span>
        </span>
      </td>
      <td data-given title={callerOf(call.pii)}>
        {callerOf(call.pii)}
      </td>
      <td data-given title={queueName}>
        {queueName}
      </td>
      <td data-given title={agentName}>
        {agentName}
      </td>
      <td class="is-number">
        {isWaiting && call.queuedAt !== undefined ? <Running since={call.queuedAt} now={now} /> : w.none}
      </td>
      <td class="is-number">{isTalking ? <Running since={call.since} now={now} /> : w.none}</td>
      {control && (
        <td class="agent-menu-cell">
          {agentWithText(call) !== undefined && (
            <ReturnButton contact={call} agentName={agentName} queueName={queueName} control={control} />
          )}
        </td>
      )}
    </tr>
  );
}

interface CallsTableProps {
  floor: FloorState;
  now: Seconds;
  /** Of those who may take a contact out of an agent's hands. */
  control: ContactReturn | undefined;
}

export function CallsTable({ floor, now, control }: CallsTableProps) {
  const w = words.value;
  const calls = orderedCalls(floor.contacts);
  const nameOf = (queueId: string) => floor.board.queues[queueId]?.name ?? queueId;
  return (
    <Table
      name={w.calls}
      columns={[
        { id: 'state', title: w.colState },
        { id: 'caller', title: w.colCaller },
        { id: 'queue', title: w.colQueue },
        { id: 'agent', title: w.colAgent },
        { id: 'time', title: w.colWait, isNumber: true },
        { id: 'time', title: w.colTalk, isNumber: true },
        ...(control ? [{ id: 'menu', title: w.colActions, isUntitled: true }] : []),
      ]}
      empty={w.noCalls}
      isEmpty={calls.length === 0}
    >
      {calls.slice(0, mostRows).map((call) => (
        <CallRow
          key={call.contactId}
          call={call}
          queueName={nameOf(call.queueId)}
          agentName={call.agentId === undefined ? w.none : (floor.agents[call.agentId]?.name ?? call.agentId)}
          now={now}
          control={control}
        />
      ))}
      <More count={calls.length} columns={control ? 7 : 6} />
    </Table>
  );
}

/** The live tree gives the day's start for whoever it never saw: that is no time at which they left. */
const isUnseen = (since: number, dayStart: number) => since === dayStart;

/** The system's reasons in the reader's language, the site's own as the site wrote them; no codes of the engine's. */
function reasonOf({ state, reason, isSystemReason }: AgentLive): string | undefined {
  const isSystem = isSystemReason === true || state === 'logged-out';
  if (!isSystem) return state === 'not-ready' ? reason : undefined;
  const known = reasonWord[reason as SystemReason] as TextKey | undefined;
  return known && words.value[known];
}

interface AgentRowProps {
  agent: AgentLive;
  dayStart: number;
  now: Seconds;
  control: AgentSwitch | undefined;
}

function AgentRow({ agent, dayStart, now, control }: AgentRowProps) {
  const w = words.value;
  const text = agent.textInHand === undefined ? undefined : fill(w.textInHand, { count: agent.textInHand });
  const notes = [reasonOf(agent), text].filter((note) => note !== undefined);
  const reason = notes.length > 0 ? notes.join(' · ') : undefined;
  return (
    <tr data-agent={agent.agentId} data-state={agent.state}>
      <td data-given title={`${agent.agentId} ${agent.name}`}>
        {agent.name}
      </td>
      <td>
        <span class="with-icon">
          <AgentShape state={agent.state} />
          <span class="cut" data-given title={reason ?? ''}>
            {w[agentWord[agent.state]]}
            {reason !== undefined && (
              <span class="agent-reason">
                <span class="agent-reason-dot"> · </span>
                {reason}
              </span>
            )}
          </span>
        </span>
      </td>
      <td class="is-number">
        {agent.state === 'logged-out' && isUnseen(agent.since, dayStart) ? (
          w.none
        ) : (
          <Running since={agent.since} now={now} />
        )}
      </td>
      <td class="is-number" data-given>
        {agent.phoneId ?? w.none}
      </td>
      {control && (
        <td class="agent-menu-cell">
          {agent.state !== 'logged-out' && <AgentMenuButton agent={agent} control={control} />}
        </td>
      )}
    </tr>
  );
}

interface AgentsTableProps {
  floor: FloorState;
  now: Seconds;
  /** Of those who may set an agent's state. */
  control: AgentSwitch | undefined;
}

export function AgentsTable({ floor, now, control }: AgentsTableProps) {
  const w = words.value;
  const agents = orderedAgents(floor.agents);
  return (
    <Table
      name={w.agents}
      columns={[
        { id: 'name', title: w.colAgent },
        { id: 'status', title: w.colState },
        { id: 'time', title: w.colSince, isNumber: true },
        { id: 'phone', title: w.colPhone, isNumber: true },
        ...(control ? [{ id: 'menu', title: w.colActions, isUntitled: true }] : []),
      ]}
      empty={w.noAgents}
      isEmpty={agents.length === 0}
    >
      {agents.slice(0, mostRows).map((agent) => (
        <AgentRow
          key={agent.agentId}
          agent={agent}
          dayStart={floor.board.dayStart}
          now={now}
          control={control}
        />
      ))}
      <More count={agents.length} columns={control ? 5 : 4} />
    </Table>
  );
}

interface QueueRowProps {
  queue: QueueLive;
  board: FloorState['board'];
  now: Seconds;
  drill: LiveDrill;
}

function QueueRow({ queue, board, now, drill }: QueueRowProps) {
  const w = words.value;
  const { number, percent } = formats.value;
  const opens = (figure: FigureName, text: string, shown?: number) => (
    <DrillNumber
      text={text}
      ask={liveAsk(board, drill.nowSec(), figure, shown, queue.queueId)}
      onOpen={drill.open}
    />
  );
  return (
    <tr data-queue={queue.queueId}>
      <td data-given title={queue.name}>
        {queue.name}
      </td>
      <td class="is-number">{opens('waiting', number(queue.waiting), queue.waiting)}</td>
      <td class="is-number">
        {queue.oldestWaitingSince === undefined ? (
          w.none
        ) : (
          <Running since={queue.oldestWaitingSince} now={now} />
        )}
      </td>
      <td class="is-number">
        {queue.serviceLevel === undefined ? w.none : opens('service-level', percent(queue.serviceLevel))}
      </td>
      <td class="is-number">{opens('answered', number(queue.answered), queue.answered)}</td>
      <td class="is-number">{opens('abandoned', number(queue.abandoned), queue.abandoned)}</td>
      <td class="is-number">
        {number(queue.agentsReady)} / {number(queue.agentsLoggedIn)}
      </td>
    </tr>
  );
}

interface QueuesTableProps {
  floor: FloorState;
  now: Seconds;
  drill: LiveDrill;
}

export function QueuesTable({ floor, now, drill }: QueuesTableProps) {
  const w = words.value;
  const queues = Object.values(floor.board.queues).sort((a, b) =>
    a.name.localeCompare(b.name, language.value),
  );
  return (
    <Table
      name={w.queues}
      columns={[
        { id: 'queue', title: w.colQueue },
        { id: 'count', title: w.colWaiting, isNumber: true },
        { id: 'time', title: w.colLongest, isNumber: true },
        { id: 'share', title: w.colServiceLevel, isNumber: true },
        { id: 'count', title: w.colAnswered, isNumber: true },
        { id: 'count', title: w.colAbandoned, isNumber: true },
        { id: 'count', title: w.colReady, isNumber: true },
      ]}
      empty={w.nothingHere}
      isEmpty={queues.length === 0}
    >
      {queues.slice(0, mostRows).map((queue) => (
        <QueueRow key={queue.queueId} queue={queue} board={floor.board} now={now} drill={drill} />
      ))}
      <More count={queues.length} columns={7} />
    </Table>
  );
}

interface PhoneRowProps {
  phone: PhoneLive;
  agentName: string;
  dayStart: number;
  now: Seconds;
}

function PhoneRow({ phone, agentName, dayStart, now }: PhoneRowProps) {
  const w = words.value;
  return (
    <tr data-phone={phone.phoneId}>
      <td data-given>{phone.phoneId}</td>
      <td>
        <span class="with-icon">
          <OnOffShape isOn={phone.isRegistered} isBad={phone.agentId !== undefined} />
          {phone.isRegistered ? w.registered : w.notRegistered}
        </span>
      </td>
      <td class="is-number">
        {!phone.isRegistered && isUnseen(phone.since, dayStart) ? (
          w.none
        ) : (
          <Running since={phone.since} now={now} />
        )}
      </td>
      <td data-given>{agentName}</td>
    </tr>
  );
}

export function PhonesTable({ floor, now }: { floor: FloorState; now: Seconds }) {
  const w = words.value;
  const phones = orderedPhones(floor.phones);
  return (
    <Table
      name={w.phones}
      columns={[
        { id: 'phone', title: w.colPhone },
        { id: 'status', title: w.colState },
        { id: 'time', title: w.colSince, isNumber: true },
        { id: 'name', title: w.colAgent },
      ]}
      empty={w.noPhones}
      isEmpty={phones.length === 0}
    >
      {phones.slice(0, mostRows).map((phone) => (
        <PhoneRow
          key={phone.phoneId}
          phone={phone}
          dayStart={floor.board.dayStart}
          agentName={
            phone.agentId === undefined ? w.none : (floor.agents[phone.agentId]?.name ?? phone.agentId)
          }
          now={now}
        />
      ))}
      <More count={phones.length} columns={4} />
    </Table>
  );
}
