/**
 * What the HTTP API needs from the rest of the house. The composer (server/main.ts) joins these to the real
 * parts; a test to small stand-ins. Nothing here knows SQL, Redis or SIP.
 */
import type { Readable } from 'node:stream';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { HoursSite } from '../config/hours-simulation.ts';
import type { Access } from '../auth/access.ts';
import type { Boards } from '../app/boards/boards.ts';
import type { BlockList } from '../app/text/block-list.ts';
import type { ChannelHealth } from '../app/text/channel.ts';
import type { Quarantine } from '../app/text/quarantine.ts';
import type { AlertsPort } from './alerts/port.ts';
import type { DeskPort } from './desk/port.ts';
import type { AgentStateRefusal, AgentStateWhen, AgentTarget } from '../contract/agents.ts';
import type { ReturnRefusal } from '../contract/contacts.ts';
import type { Board, BoardTree, DisplaySettings } from '../contract/boards.ts';
import type { BoardPart, BoardState, FloorState } from '../contract/live.ts';
import type { HearthlineEvent } from '../contract/events.ts';
import type { OfferRecord } from '../contract/decision.ts';
import type { ConsentQuery, ConsentRow, EgressRow } from '../contract/rest-channels.ts';
import type { DriftQuery, DriftReport } from '../contract/rest-drift.ts';
import type { FcrDrillQuery, FcrPage, FcrQuery } from '../contract/rest-fcr.ts';
import type { DrillPage, DrillQuery, FigureStatement, IntervalQuery } from '../contract/rest-reports.ts';
import type { ResidencyAnswer } from '../contract/rest-residency.ts';
import type { DecisionQuery } from '../contract/rest-decisions.ts';
import type { Site } from '../contract/site.ts';
import type { ReportWithin } from '../contract/rest-reports.ts';
import type { Within } from '../contract/user-view.ts';
import type {
  ContactRow,
  HealthAnswer,
  PageQuery,
  RecordingRow,
  SiteFaultView,
  TextChannel,
} from '../contract/rest.ts';

export interface Clock {
  /** Wall clock, ms UTC. */
  now(): number;
  /** For durations. */
  monotonicMs(): number;
}

/** The part of pino that is used here. */
export interface ApiLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Page<T> {
  items: T[];
  /** Absent on the last page. */
  nextCursor?: string;
}

/** The site in force and its file. `actor` is an audit actor such as `user:ann` or `local`. */
export interface SiteService {
  exportYaml(): Promise<{ version: number; yaml: string; site?: unknown }>;
  check(yaml: string): Promise<SiteFaultView[]>;
  import(
    yaml: string,
    actor: string,
    ifVersion?: number,
  ): Promise<{ version: number } | { faults: SiteFaultView[] } | { currentVersion: number }>;
}

/** `end` is the last byte, inclusive, as in an HTTP range. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface RecordingStore {
  /** `within`: of these queues or agents alone. */
  list(query: PageQuery, within?: Within): Promise<Page<RecordingRow>>;
  byId(recordingId: string): Promise<RecordingRow | undefined>;
  /**
   * Undefined when the file is not there. `bytes` is the size of the whole file; without a range the stream is the
   * whole file. The API asks with a range only after it has seen `bytes`.
   */
  open(
    recordingId: string,
  ): Promise<{ bytes: number; contentType: string; stream(range?: ByteRange): Readable } | undefined>;
}

export interface ContactStore {
  /** `within`: those alone. */
  list(query: PageQuery, within?: Within): Promise<Page<ContactRow>>;
  isWithin(contactId: string, within: Within): Promise<boolean>;
}

export interface DecisionStore {
  /** `within`: out of these queues or to these agents alone. */
  offers(query: DecisionQuery, within?: Within): Promise<Page<OfferRecord>>;
  /** In order, without personal data. */
  contactEvents(contactId: string, limit: number): Promise<HearthlineEvent[]>;
}

/** How much came by one channel, out of history. */
export interface ChannelUse {
  week: number;
  month: number;
  /** ms UTC; absent: none ever. */
  lastAt?: number;
}
export interface ChannelsAsked {
  /** Numbers as they are dialled, and the `via` of text: `mail:help`. */
  vias: readonly string[];
  trunkIds: readonly string[];
  /** ms UTC: since when contacts count. */
  weekAgo: number;
  monthAgo: number;
}
/** By id; one without contacts may be absent. */
export interface ChannelUses {
  byVia: ReadonlyMap<string, ChannelUse>;
  /** Calls in by a trunk. */
  byTrunk: ReadonlyMap<string, ChannelUse>;
  /** Calls of our own that went out by a trunk. */
  outByTrunk: ReadonlyMap<string, ChannelUse>;
}

export interface ChannelFacts {
  /** The site in force. */
  site(): Site;
  /** Of the channels of text, and of the port for customers (`public-port`). */
  health(): Readonly<Record<string, ChannelHealth>>;
  use(asked: ChannelsAsked): Promise<ChannelUses>;
  /** Connections to the bank's own Postgres and Redis; empty where they are ours. */
  stores: readonly EgressRow[];
}

export interface ConsentStore {
  /** Newest first. */
  list(query: Omit<ConsentQuery, 'format'>): Promise<Page<ConsentRow>>;
}

/** Counts how work was shared out, away from the event loop that carries calls. */
export interface FairnessStore {
  /** `json`: a FairnessAnswer as text; or more happened than one answer may take. */
  ask(question: {
    from: number;
    to: number;
    queueId?: string | undefined;
    /** Of these agents and queues alone. */
    within?: Within | undefined;
    eventsAtMost: number;
  }): Promise<{ json: string } | { isTooMuch: true }>;
}

/**
 * The live trees. A tree that was handed out must never change afterwards (parts may be shared with the next one):
 * the hub keeps it and computes the next patch against it. May throw while the state is not ready.
 */
export interface LiveSource {
  board(): BoardState;
  floor(): FloorState;
  /** What of the board is of these queues and agents alone. */
  part(of: Pick<Within, 'queueIds' | 'agentIds'>): BoardPart;
  /** When the newest event happened that the trees reflect, ms UTC. */
  eventAt(): number;
}

/** Trees of boards at one instant; each figure is asked once, however many trees are made of it. */
export interface BoardsLook {
  tree(settings: DisplaySettings): BoardTree;
  /** Of one board that is being laid out. */
  draft(board: Board): BoardTree;
}
/** What displays with boards are sent. Synchronous and out of memory, as the live trees are. */
export interface BoardScreens {
  look(live: Pick<LiveSource, 'board' | 'floor'>): BoardsLook;
}

export interface ApiSettings {
  /**
   * A proxy in front is trusted to set X-Forwarded-For and X-Forwarded-Proto: how many hops, or false. Then the
   * session cookie is `__Host-` and Secure where the proxy speaks TLS.
   */
  trustedProxyHops: number | false;
  /** True when this server itself speaks TLS. */
  isTls: boolean;
  /** With it, /metrics may be read from elsewhere than loopback: `Authorization: Bearer <token>`. */
  metricsToken?: string;
  /** The same out of a file, looked at each time, so that a new one counts at once; undefined where there is none. */
  readMetricsToken?: () => Promise<string | undefined>;
}

/** Directories of the built screens (`dist/wallboard`, `dist/admin-ui`). */
export interface StaticDirs {
  wallboardDir: string;
  adminUiDir: string;
}

/** What screens may change in routing. */
export interface RoutingSwitches {
  /** Queues whose switch is on; the empty string stands for the whole site. */
  emergencies(): string[];
  switchEmergency(what: {
    isOn: boolean;
    queueId?: string;
    by: string;
  }): 'switched' | 'already-so' | 'unknown-queue';
  switchAgent(what: {
    agentId: string;
    to: AgentTarget;
  }): { when: AgentStateWhen } | { refused: AgentStateRefusal | 'unknown-agent' };
  /** A chat or mail out of that agent's hands, back to its queue. */
  returnContact(what: {
    contactId: string;
    agentId: string;
  }): { queueId: string } | { refused: ReturnRefusal | 'unknown-contact' };
}

/** Figures of history. */
export interface ReportPort {
  /** As text, ready to be sent. */
  intervals(query: IntervalQuery, within?: ReportWithin): Promise<string>;
  contacts(query: DrillQuery): Promise<DrillPage>;
  statements(atMost: number): Promise<FigureStatement[]>;
  /** As text, ready to be sent. */
  fcr(query: FcrQuery): Promise<string>;
  fcrContacts(query: FcrDrillQuery): Promise<FcrPage>;
  /** Undefined: nothing of that kind explains this figure of this scope. */
  drift(query: DriftQuery): Promise<DriftReport | undefined>;
}

/** What left the building today. */
export interface ResidencyPort {
  /** Undefined while it cannot be watched. */
  answer(): Promise<ResidencyAnswer | undefined>;
  /** A signed statement of today up to now; rejects with words for the bank's IT where there can be none. */
  signSoFar(): Promise<{ number: number; file: string }>;
  /** The days that are over, likewise: the newest statement, if there is any. */
  signDue(): Promise<{ number: number; file: string } | undefined>;
}

export interface ApiDeps {
  desk: DeskPort;
  quarantine: Pick<Quarantine, 'list' | 'count' | 'byId' | 'content' | 'release' | 'remove'>;
  blocks: Pick<BlockList, 'list' | 'add' | 'remove'>;
  alerting: AlertsPort;
  /** Text channels that the site in force has, for the pages that are about them. */
  textChannels(): TextChannel[];
  access: Access;
  audit: AuditTrail;
  siteService: SiteService;
  /** The site in force, for questions about its hours. */
  hours: HoursSite;
  routing: RoutingSwitches;
  recordings: RecordingStore;
  contacts: ContactStore;
  channels: ChannelFacts;
  consents: ConsentStore;
  residency: ResidencyPort;
  decisions: DecisionStore;
  fairness: FairnessStore;
  reports: ReportPort;
  live: LiveSource;
  boards: {
    book: Pick<Boards, 'ready' | 'list' | 'byId' | 'create' | 'change' | 'remove'>;
    screens: BoardScreens;
  };
  health(): HealthAnswer;
  /** Prometheus text of everything else; the API adds its own. */
  metricsText(): Promise<string>;
  settings: ApiSettings;
  statics: StaticDirs;
  logger: ApiLogger;
  clock: Clock;
  newId: (noun: string) => string;
}
