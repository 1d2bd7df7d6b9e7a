/**
 * A plausible moving call centre for looking at the screens without a server: contacts arrive, wait, ring,
 * talk, give up. Not a model of the ACD: it only keeps the arithmetic of the figures honest, so that the
 * accounting identity on the screen holds. Everything comes from a seed; the caller owns the clock.
 */
import type { AgentState } from '../../server/contract/events.ts';
import type {
  AgentLive,
  BoardState,
  ContactLive,
  FloorState,
  MinuteLive,
  PhoneLive,
  QueueLive,
} from '../../server/contract/live.ts';
import type { Language } from '../../server/contract/site.ts';

export type Scenario = 'empty' | 'calm' | 'busy';

export interface FloorOptions {
  scenario: Scenario;
  queues: number;
  agents: number;
  language: Language;
  seed: number;
  /** ms UTC at which the simulation begins. */
  startAt: number;
}

export interface Floor {
  /** Moves everything on to `now`; one call is one burst of events. */
  step: (now: number) => FloorState;
  state: () => FloorState;
}

const queueNames: Record<Language, string[]> = {
  en: [
    'Card services',
    'Current accounts',
    'Mortgages and home loans',
    'Lost and stolen cards',
    'Online banking support',
    'Business customers',
    'Pensions and long-term savings',
    'Private banking',
    'Foreign exchange',
    'Complaints',
    'Car insurance claims',
    'Branch switchboard',
    'Collections',
    'New customers',
    'Deceased estates',
  ],
  ru: [
    'Банковские карты',
    'Текущие счета',
    'Ипотека и жилищные кредиты',
    'Утерянные и украденные карты',
    'Поддержка интернет-банка',
    'Корпоративные клиенты',
    'Пенсионные и долгосрочные накопления',
    'Частное обслуживание',
    'Валютные операции',
    'Претензии и обращения',
    'Страховые случаи',
    'Справочная отделений',
    'Просроченная задолженность',
    'Новые клиенты',
    'Наследственные дела',
  ],
  it: [
    'Carte di pagamento',
    'Conti correnti',
    'Mutui e prestiti per la casa',
    'Carte smarrite o rubate',
    'Assistenza banca online',
    'Clienti imprese',
    'Previdenza e risparmio a lungo termine',
    'Private banking',
    'Cambi e valute',
    'Reclami',
    'Sinistri auto',
    'Centralino filiali',
    'Recupero crediti',
    'Nuovi clienti',
    'Successioni',
  ],
};
const siteNames: Record<Language, string> = {
  en: 'Northgate Bank, contact centre',
  ru: 'Северный банк, контактный центр',
  it: 'Banca del Nord, centro contatti',
};
const zones: Record<Language, string> = { en: 'Europe/London', ru: 'Europe/Moscow', it: 'Europe/Rome' };
const reasonNames: Record<Language, string[]> = {
  en: ['Break', 'Lunch', 'Meeting', 'Training'],
  ru: ['Перерыв', 'Обед', 'Совещание', 'Обучение'],
  it: ['Pausa', 'Pranzo', 'Riunione', 'Formazione'],
};
const people: Record<Language, string[]> = {
  en: [
    'Amelia Hart',
    'Oliver Webb',
    'Isla Norton',
    'George Pike',
    'Freya Collins',
    'Arthur Lane',
    'Maya Singh',
  ],
  ru: ['Анна Смирнова', 'Илья Орлов', 'Мария Кузнецова', 'Пётр Волков', 'Ольга Белова', 'Денис Громов'],
  it: ['Giulia Ferri', 'Marco Riva', 'Chiara Longo', 'Luca Bassi', 'Elena Monti', 'Paolo Conti'],
};

/** How many the busy scenario keeps waiting. */
const busyLine = 14;

interface Agent extends AgentLive {
  busyUntil: number;
}
interface Contact extends ContactLive {
  leavesAt: number;
  nextAt: number;
}

export function createFloor(options: FloorOptions): Floor {
  const { scenario, language } = options;
  let seed = options.seed;
  const random = () => {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return seed / 4294967296;
  };
  const between = (low: number, high: number) => low + random() * (high - low);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let now = options.startAt;
  const isBusy = scenario === 'busy';
  const agents: Agent[] = [];
  const contacts = new Map<string, Contact>();
  const queues: QueueLive[] = [];
  const minutes = new Map<number, MinuteLive>();
  const slEvents = new Map<string, number>();
  let serial = 1000;

  for (let index = 0; index < options.queues; index += 1) {
    const scale = scenario === 'empty' ? 0 : (isBusy ? 420 : 160) / Math.sqrt(index + 1);
    const answered = Math.round(scale * between(0.8, 1));
    const abandoned = Math.round(answered * (isBusy ? 0.16 : 0.03));
    const inTarget = Math.round(answered * (isBusy ? between(0.45, 0.72) : between(0.8, 0.97)));
    const abandonedInTarget = Math.round(abandoned * 0.3);
    const queueId = `q${index + 1}`;
    slEvents.set(queueId, answered + abandoned);
    queues.push({
      queueId,
      name: queueNames[language][index % 15] ?? queueId,
      waiting: 0,
      ringing: 0,
      talking: 0,
      offered: answered + abandoned,
      answered,
      answeredInTarget: inTarget,
      abandoned,
      abandonedInTarget,
      shortAbandoned: Math.round(abandoned * 0.2),
      flowedOut: 0,
      rona: isBusy ? index : 0,
      targetPercent: index === 3 ? 90 : 80,
      targetSec: index === 3 ? 10 : 20,
      ...(answered > 0 ? { asaMs: isBusy ? 48_000 : 9_000, ahtMs: 214_000 } : {}),
      longestWaitMs: scenario === 'empty' ? 0 : isBusy ? 512_000 : 47_000,
      agentsLoggedIn: 0,
      agentsReady: 0,
    });
  }
  for (let index = 0; index < options.agents; index += 1) {
    const isOut = scenario === 'empty' ? true : index % 11 === 10;
    const isAway = !isOut && index % 6 === 5;
    const base = people[language];
    agents.push({
      agentId: String(201 + index),
      name: `${base[index % base.length] ?? ''}${index >= base.length ? ` ${Math.floor(index / base.length) + 1}` : ''}`,
      state: isOut ? 'logged-out' : isAway ? 'not-ready' : index === 7 ? 'unreachable' : 'ready',
      ...(isAway
        ? index % 12 === 11
          ? { reason: 'rona', isSystemReason: true }
          : { reason: pick(reasonNames[language]) }
        : {}),
      since: now - Math.round(between(5_000, 1_500_000)),
      ...(isOut ? {} : { phoneId: String(101 + index) }),
      queueIds: queues
        .filter((_, q) => (q + index) % 3 !== 2)
        .map((queue) => queue.queueId)
        .join(','),
      busyUntil: 0,
    });
  }
  for (let index = 0; index < 60; index += 1) {
    const key = Math.floor(now / 60_000) * 60_000 - index * 60_000;
    const wave = 1 + Math.sin(index / 9) * 0.5;
    const answered = scenario === 'empty' ? 0 : Math.round((isBusy ? 11 : 4) * wave * between(0.6, 1.3));
    const abandoned = scenario === 'empty' ? 0 : Math.round(answered * (isBusy ? 0.3 : 0.06) * between(0, 2));
    const offered = answered + abandoned + (scenario === 'empty' ? 0 : Math.round(between(-1, 1.6)));
    minutes.set(key, { offered: Math.max(0, offered), answered, abandoned });
  }

  const minute = (): MinuteLive => {
    const key = Math.floor(now / 60_000) * 60_000;
    let entry = minutes.get(key);
    if (!entry) {
      entry = { offered: 0, answered: 0, abandoned: 0 };
      minutes.set(key, entry);
      for (const old of minutes.keys()) if (old <= key - 3_600_000) minutes.delete(old);
    }
    return entry;
  };
  const queueOf = (queueId: string) => queues.find((queue) => queue.queueId === queueId) as QueueLive;
  const become = (agent: Agent, state: AgentState, forMs: number) => {
    agent.state = state;
    agent.since = now;
    agent.busyUntil = now + forMs;
    delete agent.reason;
    delete agent.isSystemReason;
    if (state === 'wrap-up' || state === 'ringing') agent.until = now + forMs;
    else delete agent.until;
    if (state === 'ready' || state === 'wrap-up') delete agent.contactId;
  };

  const arrive = (waitedMs = 0) => {
    serial += 1;
    const queue = pick(queues);
    queue.offered += 1;
    minute().offered += 1;
    const queuedAt = Math.round(now - waitedMs);
    contacts.set(`c${serial}`, {
      contactId: `c${serial}`,
      state: 'waiting',
      queueId: queue.queueId,
      since: queuedAt,
      queuedAt,
      numberId: '+442071838750',
      pii: {
        from: `+4420790${String(10_000 + Math.floor(random() * 89_999))}`,
        ...(random() < 0.4 ? { fromName: pick(people[language]) } : {}),
      },
      leavesAt: now + (waitedMs > 200_000 ? 3_600_000 : between(25_000, 240_000)),
      nextAt: 0,
    });
  };
  const settle = (contact: Contact) => {
    const queue = queueOf(contact.queueId);
    const waitMs = now - (contact.queuedAt ?? now);
    const isInTarget = waitMs <= queue.targetSec * 1000;
    slEvents.set(queue.queueId, (slEvents.get(queue.queueId) ?? 0) + 1);
    queue.longestWaitMs = Math.max(queue.longestWaitMs, waitMs);
    return { queue, isInTarget };
  };

  const offer = () => {
    const waiting = [...contacts.values()].filter((contact) => contact.state === 'waiting');
    // A busy floor keeps a line and its longest wait: it is what the screens are to be looked at with.
    const keep = isBusy ? busyLine : 0;
    for (const contact of isBusy ? waiting.slice(keep) : waiting) {
      const agent = agents.find((a) => a.state === 'ready' && a.queueIds.includes(contact.queueId));
      if (!agent) continue;
      contact.state = 'ringing';
      contact.since = now;
      contact.agentId = agent.agentId;
      contact.nextAt = now + between(1500, 6000);
      become(agent, 'ringing', 15_000);
      agent.contactId = contact.contactId;
    }
  };
  const move = (contact: Contact) => {
    const agent = agents.find((a) => a.agentId === contact.agentId);
    if (contact.state === 'waiting' && now > contact.leavesAt) {
      const { queue, isInTarget } = settle(contact);
      queue.abandoned += 1;
      if (isInTarget) queue.abandonedInTarget += 1;
      minute().abandoned += 1;
      contacts.delete(contact.contactId);
    } else if (contact.state === 'ringing' && now > contact.nextAt && agent) {
      const { queue, isInTarget } = settle(contact);
      queue.answered += 1;
      if (isInTarget) queue.answeredInTarget += 1;
      minute().answered += 1;
      contact.state = 'talking';
      contact.since = now;
      contact.nextAt = now + between(8000, 60_000);
      become(agent, 'talking', 60_000);
      agent.contactId = contact.contactId;
    } else if ((contact.state === 'talking' || contact.state === 'hold') && agent) {
      if (now > contact.nextAt) {
        contacts.delete(contact.contactId);
        become(agent, 'wrap-up', 10_000);
      } else if (random() < 0.01) {
        contact.state = contact.state === 'hold' ? 'talking' : 'hold';
        agent.state = contact.state;
      }
    }
  };

  const board = (): BoardState => {
    const agentsByState: Record<AgentState, number> = {
      'logged-out': 0,
      'not-ready': 0,
      ready: 0,
      reserved: 0,
      ringing: 0,
      talking: 0,
      hold: 0,
      'wrap-up': 0,
      unreachable: 0,
    };
    const notReadyByReason: Record<string, number> = {};
    for (const agent of agents) {
      agentsByState[agent.state] += 1;
      if (agent.state === 'not-ready' && agent.reason !== undefined)
        notReadyByReason[agent.reason] = (notReadyByReason[agent.reason] ?? 0) + 1;
    }
    for (const queue of queues) {
      const mine = [...contacts.values()].filter((contact) => contact.queueId === queue.queueId);
      const waiting = mine.filter((contact) => contact.state === 'waiting' || contact.state === 'ringing');
      queue.waiting = waiting.length;
      queue.ringing = mine.filter((contact) => contact.state === 'ringing').length;
      queue.talking = mine.filter(
        (contact) => contact.state === 'talking' || contact.state === 'hold',
      ).length;
      if (waiting.length > 0)
        queue.oldestWaitingSince = Math.min(...waiting.map((contact) => contact.queuedAt ?? now));
      else delete queue.oldestWaitingSince;
      const here = agents.filter((agent) => agent.queueIds.split(',').includes(queue.queueId));
      queue.agentsLoggedIn = here.filter((agent) => agent.state !== 'logged-out').length;
      queue.agentsReady = here.filter((agent) => agent.state === 'ready').length;
      const denominator = (slEvents.get(queue.queueId) ?? 0) - queue.abandonedInTarget;
      if (denominator > 0) queue.serviceLevel = queue.answeredInTarget / denominator;
    }
    const sum = (of: (queue: QueueLive) => number) => queues.reduce((total, queue) => total + of(queue), 0);
    const midnight = new Date(options.startAt);
    midnight.setUTCHours(0, 0, 0, 0);
    return {
      site: { name: siteNames[language], timeZone: zones[language], language },
      dayStart: midnight.getTime(),
      queues: Object.fromEntries(queues.map((queue) => [queue.queueId, { ...queue }])),
      agentsByState,
      notReadyByReason,
      unreachablePhones: agentsByState.unreachable,
      lastHour: Object.fromEntries([...minutes].map(([key, value]) => [String(key), { ...value }])),
      accounting: {
        offered: sum((queue) => queue.offered),
        waitingAtStart: 0,
        answered: sum((queue) => queue.answered),
        abandoned: sum((queue) => queue.abandoned),
        flowedOut: sum((queue) => queue.flowedOut),
        waiting: sum((queue) => queue.waiting),
      },
    };
  };
  const state = (): FloorState => ({
    board: board(),
    agents: Object.fromEntries(
      agents.map(({ busyUntil: _busyUntil, ...agent }) => [agent.agentId, { ...agent }]),
    ),
    contacts: Object.fromEntries(
      [...contacts.values()].map(({ leavesAt: _leavesAt, nextAt: _nextAt, ...contact }) => [
        contact.contactId,
        { ...contact },
      ]),
    ),
    phones: Object.fromEntries(
      agents.map((agent, index): [string, PhoneLive] => {
        const phoneId = String(101 + index);
        const isRegistered = agent.state !== 'unreachable' && index % 9 !== 8;
        return [
          phoneId,
          {
            phoneId,
            isRegistered,
            since: options.startAt - 3_000_000 - index * 61_000,
            ...(agent.phoneId === undefined ? {} : { agentId: agent.agentId }),
          },
        ];
      }),
    ),
  });

  if (isBusy) {
    arrive(254_000);
    for (let index = 0; index < 16; index += 1) arrive(between(3000, 150_000));
  }
  if (scenario === 'calm') for (let index = 0; index < 2; index += 1) arrive(between(2000, 9000));
  let lastAt = now;
  return {
    state,
    step: (at) => {
      now = at;
      const passedSec = Math.max(0, (at - lastAt) / 1000);
      lastAt = at;
      const perSec = scenario === 'empty' ? 0 : isBusy ? 1 : 0.4;
      if (random() < perSec * Math.min(1, passedSec)) arrive();
      for (const contact of contacts.values()) move(contact);
      for (const agent of agents)
        if (agent.state === 'wrap-up' && now > agent.busyUntil) become(agent, 'ready', 0);
      offer();
      return state();
    },
  };
}
