/**
 * What one look of the reconciler costs the event loop: `node --import tsx test/bench/reconciler.ts [contacts]`. Half of
 * the contacts talk and half wait; each leg has its media session and its dialog, as on a quiet day. One JSON line.
 */
import { createAcd } from '../../server/acd/engine.ts';
import { AcdShell } from '../../server/app/acd-shell.ts';
import { Reconciler } from '../../server/app/reconciler.ts';
import type { EventDraft, HearthlineEvent } from '../../server/contract/events.ts';
import type { CallControl, LegView } from '../../sip/port.ts';

const contactCount = Number(process.argv[2] ?? 2000);
const agentCount = contactCount / 2;
const looks = 50;
const start = 1_000_000;

const ids = Array.from({ length: agentCount }, (_, i) => `a${i}`);
const legs = new Map<string, LegView>();
const nothing = () => undefined;
const shell = new AcdShell({
  acd: createAcd(),
  log: { append: (drafts: EventDraft[]) => drafts as HearthlineEvent[], lastSeq: () => 0 },
  clock: { now: () => start },
  logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
});
shell.stop();

function leg(legId: string, role: LegView['role']): void {
  legs.set(legId, { legId, role, state: 'up', hasMedia: true, dialogId: `dialog-of-${legId};from-tag=x` });
}

function fill(): void {
  const queue = { id: 'q', strategy: 'longest-idle', ringMs: 15_000, maxWaitMs: 0, maxLength: 0 } as const;
  const queues = [
    { ...queue, overflowTarget: 'x', targetMs: 20_000, shortAbandonMs: 5000, announceEveryMs: 0 },
  ];
  const agents = ids.map((id) => ({ id, queueIds: ['q'], phoneId: id, wrapUp: { mode: 'none' } as const }));
  shell.run({ type: 'site.apply', site: { version: 1, queues, agents, phoneIds: ids } });
  for (const id of ids) shell.run({ type: 'phone.registered', phoneId: id, transport: 'udp' });
  for (let i = 0; i < contactCount; i++) {
    const contactId = `l-00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
    const call = { contactId, channel: 'voice', queueId: 'q', numberId: '1', language: 'en' } as const;
    shell.run({ type: 'contact.arrive', ...call });
    shell.run({ type: 'contact.enqueue', contactId });
    leg(contactId, 'in');
    const { offerId } = shell.acd.contact(contactId)!;
    if (offerId === undefined) continue;
    shell.run({ type: 'offer.accepted', offerId });
    leg(offerId, 'out');
  }
}

fill();
const sessions = [...legs.keys()];
const dialogs = [...legs.values()].map(({ dialogId }) => dialogId!);
const took: number[] = [];
let drifts = 0;
const reconciler = new Reconciler({
  shell,
  calls: {
    isSettled: () => true,
    // As call control does: fresh objects each time.
    legs: () => [...legs.values()].map((one) => ({ ...one })),
    isRegistered: () => true,
    isExpected: () => false,
    mediaSessions: () => Promise.resolve(sessions),
    onEvent: nothing,
  } as unknown as CallControl,
  clock: { now: () => start },
  logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  agentIds: () => ids,
  phoneIds: () => ids,
  isOtherCall: () => false,
  dialogs: () => Promise.resolve(dialogs),
  onDrift: () => drifts++,
  onLook: (ms) => took.push(ms),
});
for (let i = 0; i < looks; i++) await reconciler.look();
const sorted = took.slice(5).sort((a, b) => a - b);
const at = (share: number) => Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(2));
const figures = { contacts: contactCount, agents: agentCount, legs: legs.size, drifts };
process.stdout.write(`${JSON.stringify({ ...figures, p50Ms: at(0.5), p99Ms: at(0.99) })}\n`);
