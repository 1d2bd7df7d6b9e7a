/**
 * What a board is built of. Nothing in these types can hold who a customer is: contacts come without `pii`, and no id of theirs
 * is read (N16). All of it is at hand in memory: a tree is built twenty times a second, and nobody may wait for it.
 */
import type { AlertTile, IntradayData } from '../../contract/boards.ts';
import type { Channel } from '../../contract/events.ts';
import type { FigureName } from '../../contract/figures.ts';
import type { AgentLive, BoardState, ContactLive } from '../../contract/live.ts';
import type { FigureSource } from '../../stats/figure-source.ts';

export interface IntradayQuestion {
  figure: FigureName;
  /** Scope keys of one kind; their counts are added up. */
  scopes: readonly string[];
  minutes: 15 | 30 | 60;
}
/** The day by interval, beside other days; from memory, and as old as its last renewal. */
export interface IntradaySource {
  /** All three series as far as known; the same object until it is renewed. Undefined: nothing is known (yet). */
  series(question: IntradayQuestion): IntradayData | undefined;
}

export type BoardAgent = Pick<
  AgentLive,
  'agentId' | 'name' | 'state' | 'since' | 'until' | 'reason' | 'queueIds'
>;
export type BoardContact = Pick<ContactLive, 'channel' | 'state' | 'queueId' | 'since' | 'queuedAt'>;
export interface BoardFloor {
  agents: Record<string, BoardAgent>;
  contacts: Record<string, BoardContact>;
}
/** The live trees of one instant; asking twice gives the same. */
export interface BoardLive {
  board(): BoardState;
  floor(): BoardFloor;
}

/** What the site in force says beyond the live trees. */
export interface BoardSite {
  /** Channels that are on, in the order of their rows. */
  channels(): readonly Channel[];
  agentTeam(agentId: string): string | undefined;
  /** What a scope is called; undefined: by its id. */
  nameOf(scope: string): string | undefined;
  /** False: an agent's label is the number. */
  showsAgentNames(): boolean;
}

export interface BoardSources {
  figures: Pick<FigureSource, 'figure' | 'figureBefore'>;
  intraday: IntradaySource;
  /** Alerts that stand, by id. */
  alerts(): Record<string, AlertTile>;
  site: BoardSite;
}
