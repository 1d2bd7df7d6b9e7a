/** What two looks at the worlds make of each difference, and of none. */
import { expect } from 'chai';
import type { AgentView, ContactView } from '../../../../server/acd/types.ts';
import {
  driftKinds,
  findDrifts,
  keptAwayMs,
  Looks,
  overdueMarginMs,
  type Drift,
  type Worlds,
} from '../../../../server/app/drift.ts';
import type { LegView } from '../../../../sip/port.ts';

const now = 10_000_000;

const leg = (legId: string, state: LegView['state'] = 'up'): LegView => ({
  legId,
  state,
  role: legId.startsWith('o') ? 'out' : 'in',
  hasMedia: state !== 'arrived',
  ...(state === 'up' && { dialogId: `d-${legId}` }),
});
const contact = (id: string, state: ContactView['state'], rest: Partial<ContactView> = {}): ContactView => ({
  id,
  channel: 'voice',
  state,
  queueId: 'q',
  arrivedAt: now - 1000,
  ...rest,
});
const agent = (id: string, state: AgentView['state'], rest: Partial<AgentView> = {}): AgentView => ({
  id,
  state,
  since: now - 1000,
  phoneId: `p-${id}`,
  ...rest,
});

interface Scene {
  contacts: ContactView[];
  agents: AgentView[];
  legs: LegView[];
  phones: { phoneId: string; isRouted: boolean; isRegistered: boolean }[];
  sessions: string[] | undefined;
  dialogs: string[] | undefined;
  excused: string[];
  nextDeadline: number | undefined;
}

/** One who waits, one whose agent's phone rings, one who talks, one who holds; all whole. */
function whole(): Scene {
  return {
    contacts: [
      contact('c1', 'waiting'),
      contact('c2', 'offered', {
        offers: [{ offerId: 'o2', agentId: 'a2', isAlerted: true, at: now, until: now + 1000 }],
      }),
      contact('c3', 'connected', { offerId: 'o3', agentId: 'a3' }),
      contact('c4', 'connected', { offerId: 'o4', agentId: 'a4', isHeld: true }),
      contact('c5', 'greeting'),
      contact('c6', 'flowed-out'),
    ],
    agents: [
      agent('a1', 'ready'),
      agent('a2', 'ringing', { contactId: 'c2', until: now + 1000 }),
      agent('a3', 'talking', { contactId: 'c3' }),
      agent('a4', 'hold', { contactId: 'c4' }),
      agent('a5', 'wrap-up', { contactId: 'gone', until: now - overdueMarginMs }),
      agent('a6', 'unreachable', { since: now - keptAwayMs }),
    ],
    legs: [
      ...['c1', 'c2', 'c3', 'c4', 'c6', 'o3', 'o4'].map((id) => leg(id)),
      leg('c5', 'arrived'),
      leg('o2', 'alerting'),
      leg('o9', 'closing'),
    ],
    phones: ['a1', 'a6'].map((id) => ({ phoneId: `p-${id}`, isRouted: true, isRegistered: true })),
    sessions: ['c1', 'c2', 'c3', 'c4', 'c6', 'o2', 'o3', 'o4', 'o9'],
    dialogs: ['c1', 'c2', 'c3', 'c4', 'c6', 'o3', 'o4'].map((id) => `d-${id}`),
    excused: [],
    nextDeadline: now - overdueMarginMs,
  };
}

function look(change: (scene: Scene) => void = () => undefined): Drift[] {
  const scene = whole();
  change(scene);
  const worlds: Worlds = {
    ...scene,
    now,
    isExcused: (id) => scene.excused.includes(id),
  };
  return findDrifts(worlds);
}
const without = <T>(list: T[] | undefined, isGone: (item: T) => boolean) =>
  list?.splice(list.findIndex(isGone), 1);
const dropLeg = (scene: Scene, legId: string) => {
  without(scene.legs, (l) => l.legId === legId);
  without(scene.sessions, (id) => id === legId);
  if (scene.dialogs?.includes(`d-${legId}`)) without(scene.dialogs, (id) => id === `d-${legId}`);
};
const swapAgent = (scene: Scene, changed: AgentView) => {
  without(scene.agents, (a) => a.id === changed.id);
  scene.agents.push(changed);
};

const cases: Record<Drift['kind'], { change: (scene: Scene) => void; drift: object }[]> = {
  'contact-without-leg': [
    { change: (s) => dropLeg(s, 'c1'), drift: { contactId: 'c1' } },
    { change: (s) => dropLeg(s, 'c5'), drift: { contactId: 'c5' } },
    { change: (s) => dropLeg(s, 'c6'), drift: { contactId: 'c6' } },
    // Nothing else is said of a contact whose caller is gone.
    { change: (s) => (dropLeg(s, 'c2'), dropLeg(s, 'o2')), drift: { contactId: 'c2' } },
  ],
  'offer-without-leg': [
    { change: (s) => dropLeg(s, 'o2'), drift: { contactId: 'c2', offerId: 'o2' } },
    {
      change: (s) => (dropLeg(s, 'o2'), s.legs.push(leg('o2', 'closing')), s.sessions!.push('o2')),
      drift: { contactId: 'c2', offerId: 'o2' },
    },
  ],
  'talk-without-leg': [{ change: (s) => dropLeg(s, 'o3'), drift: { contactId: 'c3', offerId: 'o3' } }],
  'contact-without-agent': [
    {
      change: (s) => swapAgent(s, agent('a3', 'ready')),
      drift: { contactId: 'c3', agentId: 'a3' },
    },
    {
      change: (s) => void without(s.agents, (a) => a.id === 'a2'),
      drift: { contactId: 'c2', agentId: 'a2' },
    },
  ],
  'agent-without-contact': [
    {
      change: (s) => s.agents.push(agent('a7', 'reserved', { contactId: 'gone' })),
      drift: { agentId: 'a7', since: now - 1000 },
    },
    {
      // Another agent's contact.
      change: (s) => s.agents.push(agent('a7', 'talking', { contactId: 'c3' })),
      drift: { agentId: 'a7', since: now - 1000 },
    },
  ],
  'agent-overdue': [
    {
      change: (s) => swapAgent(s, agent('a5', 'wrap-up', { until: now - overdueMarginMs - 1 })),
      drift: { agentId: 'a5', until: now - overdueMarginMs - 1 },
    },
    {
      change: (s) => swapAgent(s, agent('a2', 'ringing', { contactId: 'c2', until: 5 })),
      drift: { agentId: 'a2', until: 5 },
    },
  ],
  'deadline-overdue': [
    {
      change: (s) => (s.nextDeadline = now - overdueMarginMs - 1),
      drift: { at: now - overdueMarginMs - 1 },
    },
  ],
  'agent-kept-away': [
    {
      change: (s) => swapAgent(s, agent('a6', 'unreachable', { since: now - keptAwayMs - 1 })),
      drift: { agentId: 'a6', phoneId: 'p-a6', since: now - keptAwayMs - 1 },
    },
  ],
  'phone-disagreed': [
    {
      change: (s) => s.phones.push({ phoneId: 'p7', isRouted: true, isRegistered: false }),
      drift: { phoneId: 'p7', isRegistered: false },
    },
    {
      change: (s) => s.phones.push({ phoneId: 'p7', isRouted: false, isRegistered: true }),
      drift: { phoneId: 'p7', isRegistered: true },
    },
  ],
  'leg-without-contact': [
    { change: (s) => addLeg(s, leg('c7')), drift: { legId: 'c7', role: 'in' } },
    { change: (s) => addLeg(s, leg('o7', 'alerting')), drift: { legId: 'o7', role: 'out' } },
    // An agent's leg is nobody's caller, whatever its id.
    { change: (s) => addLeg(s, leg('o7')), drift: { legId: 'o7', role: 'out' } },
  ],
  'leg-without-media': [
    { change: (s) => void without(s.sessions, (id) => id === 'o3'), drift: { legId: 'o3' } },
    { change: (s) => void without(s.sessions, (id) => id === 'o2'), drift: { legId: 'o2' } },
  ],
  'media-without-leg': [{ change: (s) => s.sessions!.push('x'), drift: { sessionId: 'x' } }],
  'leg-without-dialog': [
    {
      change: (s) => void without(s.dialogs, (id) => id === 'd-c1'),
      drift: { legId: 'c1', dialogId: 'd-c1' },
    },
  ],
  'dialog-without-leg': [{ change: (s) => s.dialogs!.push('x'), drift: { dialogId: 'x' } }],
};

function addLeg(scene: Scene, one: LegView): void {
  scene.legs.push(one);
  scene.sessions!.push(one.legId);
  if (one.dialogId) scene.dialogs!.push(one.dialogId);
}

describe('drift', () => {
  it('is none where all worlds agree', () => {
    expect(look()).to.deep.equal([]);
  });

  it('knows every kind, and has a case for each', () => {
    expect(Object.keys(cases).sort()).to.deep.equal([...driftKinds].sort());
  });

  for (const kind of driftKinds)
    it(`finds ${kind}`, () => {
      for (const { change, drift } of cases[kind]) {
        const found = look(change);
        // What a lost agent or contact does to its other half is another difference of its own.
        const ofKind = found.filter((d) => d.kind === kind);
        expect(ofKind).to.deep.equal([{ kind, ...drift }]);
        if (kind !== 'contact-without-leg' && kind !== 'contact-without-agent')
          expect(found).to.have.length(1);
      }
    });

  it('leaves alone what is excused: a feature code, a paused offer, a caller who is expected back', () => {
    const isLeftAlone = (id: string, change: (scene: Scene) => void) => {
      expect(look(change), id).to.have.length(1);
      expect(look((scene) => (change(scene), scene.excused.push(id)))).to.deep.equal([]);
    };
    isLeftAlone('c7', (scene) => addLeg(scene, leg('c7')));
    isLeftAlone('o2', (scene) => dropLeg(scene, 'o2'));
    isLeftAlone('c1', (scene) => dropLeg(scene, 'c1'));
  });

  it('compares no engine that cannot be asked', () => {
    const unasked = (scene: Scene) => {
      scene.sessions = undefined;
      scene.dialogs = undefined;
    };
    expect(look(unasked)).to.deep.equal([]);
  });

  it('says one thing of a leg that lost both audio and dialog', () => {
    const found = look((scene) => {
      without(scene.sessions, (id) => id === 'o3');
      without(scene.dialogs, (id) => id === 'd-o3');
    });
    expect(found).to.deep.equal([{ kind: 'leg-without-media', legId: 'o3' }]);
  });
});

describe('looks', () => {
  const lost: Drift = { kind: 'talk-without-leg', contactId: 'c', offerId: 'o' };
  const next: Drift = { kind: 'talk-without-leg', contactId: 'c', offerId: 'o2' };
  const stray: Drift = { kind: 'dialog-without-leg', dialogId: 'd' };

  it('takes a difference for real at the second look in a row', () => {
    const looks = new Looks();
    expect(looks.confirm([lost], 9)).to.deep.equal([]);
    expect(looks.confirm([lost], 9)).to.deep.equal([{ drift: lost, attempt: 1 }]);
  });

  it('takes neither another one of its kind nor one with a gap for the same', () => {
    const looks = new Looks();
    for (const found of [[lost], [next], [lost], [], [lost], [next]])
      expect(looks.confirm(found, 9)).to.deep.equal([]);
  });

  it('forgets what it saw when it could not look', () => {
    const looks = new Looks();
    looks.confirm([lost], 9);
    looks.forget();
    expect(looks.confirm([lost], 9)).to.deep.equal([]);
  });

  it('gives a repair the time of two looks, and counts those that did not help', () => {
    const looks = new Looks();
    const attempts = Array.from({ length: 6 }, () => looks.confirm([lost], 9).map(({ attempt }) => attempt));
    expect(attempts).to.deep.equal([[], [1], [], [2], [], [3]]);
  });

  it('waits five looks for a dialog, which may be a message on its way', () => {
    const looks = new Looks();
    const real = Array.from({ length: 5 }, () => looks.confirm([stray], 9).length);
    expect(real).to.deep.equal([0, 0, 0, 0, 1]);
  });

  it('mends no more than so many at a time, and the rest at the next look', () => {
    const looks = new Looks();
    const found = [lost, next];
    looks.confirm(found, 1);
    expect(looks.confirm(found, 1).map(({ drift }) => drift)).to.deep.equal([lost]);
    expect(looks.confirm([next], 1).map(({ drift }) => drift)).to.deep.equal([next]);
  });
});
