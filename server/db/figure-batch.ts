/**
 * Gathers what the figure fold finds in a batch of events, as rows to be added to the tables: quarters of an hour of queues, channels and
 * agents, stays as they are now, new definitions. Pure.
 */
import type { Channel } from '../contract/events.ts';
import { type AgentTime, type Attribution, contactCounts, type CountName } from '../contract/figures.ts';
import {
  addCell,
  addDelta,
  type Cell,
  type Delta,
  emptyCell,
  longestWaitPlace,
  placeOf,
} from '../stats/figure-cells.ts';
import type { ContactKey, FigureSink, Stay } from '../stats/figure-fold.ts';
import type { FoldSite } from '../stats/fold-site.ts';
import { eachPart } from '../stats/stretch.ts';
import { agentCounts, columnOf, queueCounts } from './figure-sql.ts';

export const slotMs = 15 * 60_000;
export const slotOf = (at: number): number => at - (((at % slotMs) + slotMs) % slotMs);

type Row = Record<string, unknown>;

export interface FigureRows {
  queueSlots: Row[];
  channelSlots: Row[];
  agentSlots: Row[];
  stays: Row[];
  definitions: { version: number; at: number; site: FoldSite }[];
  /** Instants that the parts of the tables must be there for. */
  instants: number[];
}

interface Slot {
  readonly head: Row;
  readonly cell: Cell;
}

export class FigureBatch implements FigureSink {
  readonly #queueSlots = new Map<string, Slot>();
  readonly #agentSlots = new Map<string, Slot>();
  readonly #stays = new Set<Stay>();
  readonly #definitions: FigureRows['definitions'] = [];

  count(key: ContactKey, at: number, arrivedAt: number, delta: Delta): void {
    addDelta(this.#queueSlot(key, at, 'event'), delta);
    addDelta(this.#queueSlot(key, arrivedAt, 'arrival'), delta);
  }

  work(agentId: string, teamId: string, { queueId, channel }: ContactKey, at: number, delta: Delta): void {
    addDelta(this.#agentSlot(agentId, teamId, queueId, channel, slotOf(at)), delta);
  }

  time(
    agentId: string,
    teamId: string,
    queueIds: readonly string[],
    time: AgentTime,
    from: number,
    to: number,
  ): void {
    eachPart(from, to, slotMs, (at, ms) => {
      const delta = [placeOf[time], ms];
      addDelta(this.#agentSlot(agentId, teamId, '', '', slotOf(at)), delta);
      if (time === 'readyMs')
        for (const queueId of queueIds) {
          const key = { queueId, channel: '' as const, numberId: '', trunkId: '', branch: '' };
          addDelta(this.#queueSlot(key, at, 'event'), delta);
        }
    });
  }

  stay(stay: Stay): void {
    this.#stays.add(stay);
  }

  defined(site: FoldSite, at: number): void {
    this.#definitions.push({ version: site.definition, at, site });
  }

  rows(): FigureRows {
    return {
      queueSlots: [...this.#queueSlots.values()].map((slot) => rowOf(slot, queueCounts, true)),
      channelSlots: this.#channelSlots().map((slot) => rowOf(slot, contactCounts, true)),
      agentSlots: [...this.#agentSlots.values()].map((slot) => rowOf(slot, agentCounts, false)),
      stays: [...this.#stays].map(stayRow),
      definitions: this.#definitions,
      instants: [
        ...[...this.#queueSlots.values(), ...this.#agentSlots.values()].map(
          ({ head }) => head['slot'] as number,
        ),
        ...[...this.#stays].map(({ queuedAt }) => queuedAt),
      ],
    };
  }

  #queueSlot(
    { queueId, channel, numberId, trunkId, branch }: Omit<ContactKey, 'channel'> & { channel: Channel | '' },
    at: number,
    attribution: Attribution,
  ): Cell {
    const slot = slotOf(at);
    // A number alone might hold a line break: what is before and behind it still says where it ends.
    const id = `${slot}\n${attribution}\n${queueId}\n${channel}\n${numberId}\n${trunkId}\n${branch}`;
    let found = this.#queueSlots.get(id);
    if (!found) {
      const head = {
        slot,
        attribution,
        queue_id: queueId,
        channel,
        number_id: numberId,
        trunk_id: trunkId,
        branch,
      };
      this.#queueSlots.set(id, (found = { head, cell: emptyCell() }));
    }
    return found.cell;
  }

  /** Those of queues, added up: an agent's time of being ready for a queue is of no channel. */
  #channelSlots(): Slot[] {
    const sums = new Map<string, Slot>();
    for (const { head, cell } of this.#queueSlots.values()) {
      const { slot, attribution, channel } = head;
      if (channel === '') continue;
      const id = `${slot as number} ${attribution as string} ${channel as string}`;
      let sum = sums.get(id);
      if (!sum) sums.set(id, (sum = { head: { attribution, slot, channel }, cell: emptyCell() }));
      addCell(sum.cell, cell);
    }
    return [...sums.values()];
  }

  #agentSlot(agentId: string, teamId: string, queueId: string, channel: string, slot: number): Cell {
    const id = `${slot}\n${agentId}\n${teamId}\n${queueId}\n${channel}`;
    let found = this.#agentSlots.get(id);
    if (!found) {
      const head = { slot, agent_id: agentId, team_id: teamId, queue_id: queueId, channel };
      this.#agentSlots.set(id, (found = { head, cell: emptyCell() }));
    }
    return found.cell;
  }
}

function rowOf({ head, cell }: Slot, names: readonly CountName[], hasLongest: boolean): Row {
  const row: Row = { ...head };
  for (const name of names) row[columnOf(name)] = cell[placeOf[name]];
  if (hasLongest) row['longest_wait_ms'] = cell[longestWaitPlace];
  return row;
}

function stayRow(stay: Stay): Row {
  const { key, ...own } = stay;
  const { queueId, channel, numberId, trunkId } = key;
  return {
    contact_id: own.contactId,
    ordinal: own.ordinal,
    queue_id: queueId,
    channel,
    number_id: numberId,
    trunk_id: trunkId,
    definition: own.definition,
    queued_at: own.queuedAt,
    target_ms: own.targetMs,
    short_abandon_ms: own.shortAbandonMs,
    service_level_at: own.serviceLevelAt,
    outcome: own.outcome,
    left_at: own.leftAt,
    wait_ms: own.waitMs,
    is_in_target: own.isInTarget,
    is_short: own.isShort,
    agent_id: own.agentId,
    team_id: own.teamId,
    replied_at: own.repliedAt,
    response_ms: own.responseMs,
    handled_at: own.handledAt,
    is_transferred: own.isTransferred,
    talk_ms: own.talkMs,
    hold_ms: own.holdMs,
    wrap_up_ms: own.wrapUpMs,
  };
}
