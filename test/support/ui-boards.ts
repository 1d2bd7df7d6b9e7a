/**
 * Laid-out boards for looking at the wallboard without a server: two sample boards that hold every kind of widget, and the
 * tree a display would be sent, drawn from the moving floor of ui-floor.ts. Knows no real rule of the figures: numbers only
 * have to be plausible, in motion, and right in kind.
 */
import type {
  AgentTile,
  AlertTile,
  Board,
  BoardTree,
  DisplaySettings,
  IntradayData,
  NumberData,
  QueueRowData,
  Widget,
  WidgetData,
} from '../../server/contract/boards.ts';
import { boardSchema, displaySettingsSchema } from '../../server/contract/boards.ts';
import type { FigureName } from '../../server/contract/figures.ts';
import type { FloorState, QueueLive } from '../../server/contract/live.ts';
import type { Language } from '../../server/contract/site.ts';
import { siteFigures } from '../../admin-ui/shared/site-figures.ts';

const texts: Record<Language, { boards: [string, string]; news: string; alerts: [string, string, string] }> =
  {
    en: {
      boards: ['Service today', 'Team and queues'],
      news: 'Card system maintenance tonight from 22:00. Offer a callback to anyone asking for a new card before then.',
      alerts: ['Long wait in Mortgages', 'No calls on the second trunk', 'Service level below 70 %'],
    },
    ru: {
      boards: ['Обслуживание сегодня', 'Группа и очереди'],
      news: 'Сегодня с 22:00 работы в карточной системе. До этого времени предлагайте перезвон всем, кто просит новую карту.',
      alerts: ['Долгое ожидание: ипотека', 'Нет вызовов на втором транке', 'Уровень сервиса ниже 70 %'],
    },
    it: {
      boards: ['Servizio di oggi', 'Squadra e code'],
      news: 'Stasera dalle 22:00 manutenzione del sistema carte. Fino ad allora proponi una richiamata a chi chiede una carta nuova.',
      alerts: [
        'Attesa lunga: mutui',
        'Nessuna chiamata sul secondo trunk',
        'Livello di servizio sotto il 70%',
      ],
    },
  };

type WidgetInput = {
  kind: Widget['kind'];
  widgetId: string;
  x: number;
  y: number;
  w: number;
  h: number;
} & Record<string, unknown>;

const overview: WidgetInput[] = [
  {
    kind: 'number',
    widgetId: 'waiting',
    x: 0,
    y: 0,
    w: 6,
    h: 4,
    figure: 'waiting',
    thresholds: { amber: 8, red: 30 },
  },
  {
    kind: 'number',
    widgetId: 'oldest',
    x: 6,
    y: 0,
    w: 6,
    h: 4,
    figure: 'oldest-waiting',
    thresholds: { amber: 60, red: 180 },
    hasSound: true,
  },
  {
    kind: 'gauge',
    widgetId: 'level',
    x: 12,
    y: 0,
    w: 6,
    h: 4,
    figure: 'service-level',
    thresholds: { amber: 80, red: 50 },
    target: 80,
  },
  {
    kind: 'gauge',
    widgetId: 'asa',
    x: 18,
    y: 0,
    w: 6,
    h: 4,
    figure: 'asa',
    target: 30,
    attribution: 'arrival',
  },
  { kind: 'intraday', widgetId: 'day', x: 0, y: 4, w: 12, h: 5, figure: 'offered' },
  {
    kind: 'waiters',
    widgetId: 'longest',
    x: 12,
    y: 4,
    w: 6,
    h: 5,
    rows: 8,
    thresholds: { amber: 60, red: 180 },
  },
  { kind: 'alerts', widgetId: 'alerts', x: 18, y: 4, w: 6, h: 5, hasSound: true },
  {
    kind: 'number',
    widgetId: 'answered',
    x: 0,
    y: 9,
    w: 4,
    h: 3,
    figure: 'answered',
    attribution: 'arrival',
  },
  {
    kind: 'number',
    widgetId: 'lost',
    x: 4,
    y: 9,
    w: 5,
    h: 3,
    figure: 'abandonment-rate-excluding-short',
    window: 'rolling-60',
    thresholds: { amber: 5, red: 20 },
  },
  { kind: 'callbacks', widgetId: 'callbacks', x: 9, y: 9, w: 4, h: 3, thresholds: { amber: 600, red: 3600 } },
  { kind: 'channels', widgetId: 'channels', x: 13, y: 9, w: 5, h: 3 },
  { kind: 'news', widgetId: 'news', x: 18, y: 9, w: 6, h: 3, text: '' },
];
const team: WidgetInput[] = [
  { kind: 'agents', widgetId: 'agents', x: 0, y: 0, w: 15, h: 6, hasLoggedOut: true },
  { kind: 'agent-states', widgetId: 'states', x: 15, y: 0, w: 9, h: 6 },
  {
    kind: 'queues',
    widgetId: 'queues',
    x: 0,
    y: 6,
    w: 15,
    h: 6,
    figures: ['waiting', 'oldest-waiting', 'service-level', 'answered', 'abandoned', 'asa', 'agents-ready'],
  },
  { kind: 'clock', widgetId: 'clock', x: 15, y: 6, w: 5, h: 2 },
  { kind: 'clock', widgetId: 'abroad', x: 20, y: 6, w: 4, h: 2, zone: 'America/New_York' },
  {
    kind: 'number',
    widgetId: 'occupancy',
    x: 15,
    y: 8,
    w: 3,
    h: 2,
    figure: 'occupancy',
    window: 'shift',
    thresholds: { amber: 85, red: 92 },
  },
  { kind: 'number', widgetId: 'aht', x: 18, y: 8, w: 3, h: 2, figure: 'aht', window: 'rolling-15' },
  {
    kind: 'number',
    widgetId: 'negative',
    x: 21,
    y: 8,
    w: 3,
    h: 2,
    figure: 'service-level-negative',
    window: 'interval-30',
    attribution: 'arrival',
  },
  { kind: 'news', widgetId: 'ticker', x: 15, y: 10, w: 9, h: 2, text: '', isMoving: true },
];

export interface BoardsOptions {
  language: Language;
  settings?: Partial<DisplaySettings>;
  /** Changes every board of the sample. */
  look?: Partial<Pick<Board, 'palette' | 'theme' | 'quiet'>>;
  /** Laid out instead of the samples. */
  boards?: Record<string, Board>;
  alerts?: number;
}

export function sampleBoards(language: Language, look: BoardsOptions['look'] = {}): Record<string, Board> {
  const { boards, news } = texts[language];
  const filled = (widgets: WidgetInput[]) =>
    widgets.map((widget) => (widget.kind === 'news' ? { ...widget, text: news } : widget));
  return {
    overview: boardSchema.parse({ name: boards[0], widgets: filled(overview), ...look }),
    team: boardSchema.parse({ name: boards[1], widgets: filled(team), ...look }),
  };
}

const mean = (queues: QueueLive[], of: (queue: QueueLive) => number | undefined) => {
  const values = queues.map(of).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
};

/** A figure of some queues, as far as the floor knows it; rates that it does not know come from what it does. */
function figureOf(figure: FigureName, queues: QueueLive[], { board }: FloorState): number | undefined {
  const sum = (of: (queue: QueueLive) => number) => queues.reduce((total, queue) => total + of(queue), 0);
  const since = queues.flatMap(({ oldestWaitingSince }) =>
    oldestWaitingSince === undefined ? [] : [oldestWaitingSince],
  );
  const offered = sum((queue) => queue.offered);
  const share = (part: number) => (offered > 0 ? Math.min(1, part / offered) : undefined);
  switch (figure) {
    case 'waiting':
      return sum((queue) => queue.waiting);
    case 'oldest-waiting':
      return since.length > 0 ? Math.min(...since) : undefined;
    case 'service-level':
      return siteFigures({ ...board, queues: Object.fromEntries(queues.map((one) => [one.queueId, one])) })
        .serviceLevel;
    case 'service-level-negative':
      return share(sum((queue) => queue.answeredInTarget));
    case 'abandonment-rate':
    case 'abandonment-rate-excluding-short':
      return share(sum((queue) => queue.abandoned));
    case 'asa':
      return mean(queues, (queue) => queue.asaMs);
    case 'aht':
      return mean(queues, (queue) => queue.ahtMs);
    case 'offered':
      return offered;
    case 'answered':
      return sum((queue) => queue.answered);
    case 'abandoned':
      return sum((queue) => queue.abandoned);
    case 'agents-ready':
      return sum((queue) => queue.agentsReady);
    case 'occupancy':
      return offered > 0 ? 0.86 : undefined;
    default:
      return offered > 0 ? 12 : undefined;
  }
}

const intervalMs = 1_800_000;

/** A day from eight to eight, up to now; a wave with two crests that the seed of the hour makes uneven. */
function intraday(now: number, isEmpty: boolean): IntradayData {
  const first = Math.floor(now / 86_400_000) * 86_400_000 + 7 * 3_600_000;
  const starts = Array.from({ length: 26 }, (_, index) => first + index * intervalMs);
  const wave = (index: number, scale: number, shift: number) =>
    isEmpty
      ? 0
      : Math.round(
          scale * (Math.exp(-(((index - 7 - shift) / 5) ** 2)) + 0.7 * Math.exp(-(((index - 17) / 4) ** 2))) +
            (((index * 7919 + shift * 31) % 11) - 5),
        );
  const till = starts.filter((start) => start <= now).length || 15;
  const line = (scale: number, shift: number) =>
    starts.map((_, index) => Math.max(0, wave(index, scale, shift)));
  return {
    starts,
    today: line(128, 0).map((value, index) => (index < till ? value : null)),
    yesterday: line(110, 1),
    lastWeek: line(122, -1),
  };
}

function agentTiles(floor: FloorState): Record<string, AgentTile> {
  return Object.fromEntries(
    Object.values(floor.agents).map((agent): [string, AgentTile] => [
      agent.agentId,
      {
        label: agent.agentId,
        state: agent.state,
        since: agent.since,
        ...(agent.until === undefined ? {} : { until: agent.until }),
        ...(agent.reason === undefined ? {} : { reason: agent.reason }),
      },
    ]),
  );
}

function waiters(floor: FloorState) {
  const waiting = Object.values(floor.contacts)
    .filter(({ state }) => state === 'waiting' || state === 'ringing')
    .sort((a, b) => (a.queuedAt ?? a.since) - (b.queuedAt ?? b.since))
    .slice(0, 20);
  return Object.fromEntries(
    waiting.map((contact, index) => [
      String(index + 1).padStart(2, '0'),
      {
        queue: floor.board.queues[contact.queueId]?.name ?? contact.queueId,
        channel: (['voice', 'voice', 'chat', 'mail'] as const)[index % 4] ?? 'voice',
        since: contact.queuedAt ?? contact.since,
      },
    ]),
  );
}

function numberData(widget: Extract<Widget, { kind: 'number' | 'gauge' }>, floor: FloorState): NumberData {
  const value = figureOf(widget.figure, Object.values(floor.board.queues), floor);
  if (value === undefined) return {};
  const isSince = widget.figure === 'oldest-waiting';
  const before = isSince ? value + 45_000 : widget.figure === 'waiting' ? value + 3 : value * 0.93;
  return {
    value,
    before,
    ...(widget.kind === 'gauge' ? { target: widget.figure === 'service-level' ? 0.8 : 30_000 } : {}),
  };
}

function dataOf(widget: Widget, floor: FloorState, now: number): WidgetData['data'] {
  const { board } = floor;
  const isEmpty = board.accounting.offered === 0;
  switch (widget.kind) {
    case 'number':
    case 'gauge':
      return numberData(widget, floor);
    case 'agents':
      return agentTiles(floor);
    case 'agent-states':
      return { states: { ...board.agentsByState }, reasons: { ...board.notReadyByReason } };
    case 'queues':
      return Object.fromEntries(
        Object.values(board.queues).map((queue): [string, QueueRowData] => [
          queue.queueId,
          {
            name: queue.name,
            targetPercent: queue.targetPercent,
            targetSec: queue.targetSec,
            values: Object.fromEntries(
              widget.figures.flatMap((figure) => {
                const value = figureOf(figure, [queue], floor);
                return value === undefined ? [] : [[figure, value]];
              }),
            ),
          },
        ]),
      );
    case 'intraday':
      return intraday(now, isEmpty);
    case 'waiters':
      return waiters(floor);
    case 'callbacks':
      return isEmpty
        ? { waiting: 0 }
        : { waiting: 7, oldestSince: Math.floor(now / 60_000) * 60_000 - 1_500_000 };
    case 'channels':
      return {
        voice: {
          waiting: figureOf('waiting', Object.values(board.queues), floor) ?? 0,
          ...(isEmpty ? {} : { oldestSince: Math.floor(now / 60_000) * 60_000 - 130_000 }),
        },
        chat: isEmpty
          ? { waiting: 0 }
          : { waiting: 3, oldestSince: Math.floor(now / 60_000) * 60_000 - 40_000 },
        mail: isEmpty
          ? { waiting: 0 }
          : { waiting: 18, oldestSince: Math.floor(now / 3_600_000) * 3_600_000 - 9_000_000 },
      };
    default:
      return {};
  }
}

function alertTiles(language: Language, now: number, count: number): Record<string, AlertTile> {
  const minute = Math.floor(now / 60_000) * 60_000;
  const names = texts[language].alerts;
  const all: AlertTile[] = [
    {
      name: names[0],
      severity: 'critical',
      since: minute - 190_000,
      figure: 'oldest-waiting',
      value: minute - 260_000,
      scope: 'queue:q3',
      isAcknowledged: false,
    },
    {
      name: names[1],
      severity: 'warning',
      since: minute - 1_260_000,
      figure: 'trunk-calls',
      value: 0,
      isAcknowledged: false,
    },
    {
      name: names[2],
      severity: 'warning',
      since: minute - 2_400_000,
      figure: 'service-level',
      value: 0.64,
      isAcknowledged: true,
    },
  ];
  return Object.fromEntries(all.slice(0, count).map((alert, index) => [`a${index + 1}`, alert]));
}

/** The tree of a display at this instant. */
export function boardTree(options: BoardsOptions, floor: FloorState, now: number): BoardTree {
  const boards = options.boards ?? sampleBoards(options.language, options.look);
  const isEmpty = floor.board.accounting.offered === 0;
  return {
    site: { ...floor.board.site },
    settings: { ...displaySettingsSchema.parse({ boards: Object.keys(boards) }), ...options.settings },
    boards: Object.fromEntries(
      Object.entries(boards).map(([boardId, definition]) => [
        boardId,
        {
          version: 1,
          definition,
          names: Object.fromEntries(
            Object.entries(floor.board.queues).map(([id, { name }]) => [`queue:${id}`, name]),
          ),
          data: Object.fromEntries(
            definition.widgets.map((widget) => [widget.widgetId, dataOf(widget, floor, now)]),
          ),
        },
      ]),
    ),
    alerts: alertTiles(options.language, now, isEmpty ? 0 : (options.alerts ?? 3)),
    ...(floor.board.emergency === undefined ? {} : { emergency: floor.board.emergency }),
    ...(floor.board.maintenanceUntil === undefined ? {} : { maintenanceUntil: floor.board.maintenanceUntil }),
  };
}
