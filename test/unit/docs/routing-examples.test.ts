/**
 * The worked examples of docs/routing.md, as they stand there. Each `yaml` block with a `story:` is a site and what
 * then happens; the site goes through the reader of site files, the story through the routing engine, and what the
 * story says after `->` must be all that a manager would notice at that moment: no more, no less, nothing in between.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { demandText, otherwiseText } from '../../../server/acd/decision-words.ts';
import { parse } from 'yaml';
import { namedAgentWaitMs } from '../../../server/app/call-transfer.ts';
import { ActiveSite } from '../../../server/app/active-site.ts';
import { queueAtEntry, wishesAtEntry } from '../../../server/app/caller-wishes.ts';
import { RecentCallers } from '../../../server/app/recent-callers.ts';
import { toAcdSite } from '../../../server/config/acd-site.ts';
import { parseSite } from '../../../server/config/site-file.ts';
import type { Channel, EventDraft } from '../../../server/contract/events.ts';
import {
  agentRouting,
  callerSchema,
  queueRouting,
  routingSchema,
} from '../../../server/contract/site-routing.ts';
import type { Site } from '../../../server/contract/site.ts';
import { Bench } from '../server/acd/site.ts';

const textOf = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const page = textOf('routing.md');

interface Example {
  title: string;
  siteText: string;
  story: string[];
}

/** Each under its nearest heading. */
function examplesIn(markdown: string): Example[] {
  const found: Example[] = [];
  let heading = '';
  for (const [, title, block] of markdown.matchAll(/^#+ (.+)$|^```yaml\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    const [siteText = '', storyText] = (block ?? '').split(/^story:\n/m);
    if (storyText === undefined) continue;
    const count = found.filter((one) => one.title.startsWith(heading)).length;
    found.push({
      title: count === 0 ? heading : `${heading} (${count + 1})`,
      siteText,
      story: parse(storyText) as string[],
    });
  }
  return found;
}

interface Step {
  atMs: number;
  action: string;
  outcome: string[];
}

/** `1:05 Rossi calls 700 -> Rossi rings at Anna; ...` */
function stepOf(line: string): Step {
  const [, min, sec, action = '', outcome] = /^(\d+):(\d\d)(?: (.*?))?(?: ?-> (.+))?$/.exec(line) ?? [];
  if (min === undefined) throw new Error(`no time in "${line}"`);
  return {
    atMs: (Number(min) * 60 + Number(sec)) * 1000,
    action: action.trim(),
    outcome: outcome?.split('; ') ?? [],
  };
}

const clock = (ms: number) =>
  `${Math.floor(ms / 60_000)}:${`${Math.round(ms / 1000) % 60}`.padStart(2, '0')}`;

/** Plays one example: people by their names in the site, each agent at a desk of its own. */
class Stage {
  private readonly bench: Bench;
  private readonly site: Site;
  private readonly active = new ActiveSite();
  private readonly recent = new RecentCallers();
  private readonly startAt: number;

  constructor(siteText: string) {
    const result = parseSite(siteText);
    if ('faults' in result) throw new Error(JSON.stringify(result.faults));
    this.site = result.site;
    this.active.replace({ site: result.site, version: 1, yaml: siteText });
    const acdSite = toAcdSite(result.site, 1);
    this.bench = new Bench({ ...acdSite, phoneIds: acdSite.agents.map(({ id }) => `desk-${id}`) });
    this.bench.at = 1_200_000;
    this.startAt = this.bench.at;
    for (const { id } of acdSite.agents)
      this.bench.do({ type: 'phone.registered', phoneId: `desk-${id}`, transport: 'udp' });
  }

  play({ atMs, action, outcome }: Step): void {
    const at = this.startAt + atMs;
    const events = this.bench.pass(at - this.bench.at);
    const before = events.filter((event) => event.at < at);
    expect(this.told(before), `before ${clock(atMs)}`).to.deep.equal([]);
    const mark = this.bench.log.length;
    if (action !== '') this.act(action);
    for (const event of [...events, ...this.bench.log.slice(mark)]) this.recent.apply(event);
    const now = [...events.filter((event) => event.at === at), ...this.bench.log.slice(mark)];
    const isWhy = (line: string) => line.startsWith('because ');
    expect(this.told(now), `${clock(atMs)} ${action}`).to.deep.equal(outcome.filter((line) => !isWhy(line)));
    for (const line of outcome.filter(isWhy)) expect(this.why(), clock(atMs)).to.equal(line);
  }

  private act(action: string): void {
    const [, who = '', what = '', rest = ''] =
      /^(the emergency switch|\S+) (calls|chats to|mails to|takes|closes|answers|hangs up|rejects|becomes Ready|becomes Not Ready|logs out|passes|goes) ?(.*)$/.exec(
        action,
      ) ?? [];
    switch (what) {
      case 'calls':
        return this.call(who, rest);
      case 'chats to':
        return this.write(who, 'chat', rest);
      case 'mails to':
        return this.write(who, 'mail', rest);
      case 'takes':
        return this.must({ type: 'offer.accepted', offerId: this.bench.offerOf(rest) });
      case 'passes':
        return this.passOn(rest);
      case 'closes':
        return this.must({ type: 'contact.agent-hung-up', contactId: rest, reason: 'closed' });
      case 'goes': {
        const [state, queueId] = rest.split(' for ');
        this.must({
          type: 'emergency.switch',
          isOn: state === 'on',
          by: 'anna',
          ...(queueId !== undefined && { queueId }),
        });
        return;
      }
      case 'hangs up': {
        const contactId = this.agentNamed(who) && this.bench.acd.agent(this.agentNamed(who) ?? '')?.contactId;
        if (contactId) this.must({ type: 'contact.agent-hung-up', contactId, reason: 'bye' });
        else this.must({ type: 'contact.leave', contactId: who, reason: 'bye' });
        return;
      }
      default:
        return this.actOfAgent(who, what);
    }
  }

  /** `Rossi on to second`, or on to an agent. */
  private passOn(rest: string): void {
    const [contactId = '', where = ''] = rest.split(' on to ');
    const agentId = this.agentNamed(where);
    const to = agentId === undefined ? { queueId: where } : { agentId, waitMs: namedAgentWaitMs };
    this.must({ type: 'contact.transfer', contactId, to });
  }

  private actOfAgent(who: string, what: string): void {
    const agentId = this.agentNamed(who);
    if (agentId === undefined) throw new Error(`nobody here is called "${who}", or cannot do "${what}"`);
    const { state, contactId } = this.bench.acd.agent(agentId) ?? {};
    switch (what) {
      case 'becomes Ready':
        if (state === 'logged-out')
          this.must({ type: 'agent.login', agentId, phoneId: `desk-${agentId}`, how: 'feature-code' });
        this.must({ type: 'agent.ready', agentId });
        return;
      case 'becomes Not Ready':
        this.must({ type: 'agent.not-ready', agentId, reason: 'break' });
        return;
      case 'logs out':
        this.must({ type: 'agent.logout', agentId, reason: 'asked' });
        return;
      case 'answers':
        return this.bench.answer(contactId ?? 'nobody');
      case 'rejects':
        this.must({
          type: 'offer.failed',
          offerId: this.bench.offerOf(contactId ?? 'nobody'),
          reason: 'rejected',
        });
        return;
    }
  }

  /** As a call does it: the number, its language, and what it and the caller ask for. */
  private call(contactId: string, rest: string): void {
    const [dialled = '', from = 'anonymous'] = rest.split(' from ');
    const number = this.active.number(dialled);
    if (!number) throw new Error(`there is no number ${dialled}`);
    const { language = this.active.language } = number;
    const queueId = queueAtEntry(this.active, this.recent, {
      from,
      queueId: number.queue,
      now: this.bench.at,
    });
    this.must({
      type: 'contact.arrive',
      contactId,
      channel: 'voice',
      queueId,
      numberId: dialled,
      language,
      pii: { from },
    });
    this.must({
      type: 'contact.enqueue',
      contactId,
      ...wishesAtEntry(this.active, this.recent, { dialled, from, queueId, now: this.bench.at }),
    });
    const target = this.bench.acd.contact(contactId)?.target;
    if (target?.startsWith('number:')) this.divert(contactId, target.slice('number:'.length), from);
  }

  private write(contactId: string, channel: Channel, queueId: string): void {
    const { language } = this.active;
    this.must({ type: 'contact.arrive', contactId, channel, queueId, numberId: '', language });
    this.must({ type: 'contact.enqueue', contactId });
  }

  private divert(contactId: string, dialled: string, from: string): void {
    const queueId = this.active.number(dialled)?.queue ?? '';
    const wishes = wishesAtEntry(this.active, this.recent, { dialled, from, queueId, now: this.bench.at });
    this.must({ type: 'contact.enqueue', contactId, queueId, ...wishes });
  }

  private must(command: Parameters<Bench['do']>[0]): void {
    const { ignored } = this.bench.do(command);
    expect(ignored, JSON.stringify(command)).to.equal(undefined);
  }

  private agentNamed(name: string): string | undefined {
    return this.site.agents.find((agent) => agent.name === name)?.id;
  }

  private nameOf(agentId: string | undefined): string {
    return this.site.agents.find((agent) => agent.id === agentId)?.name ?? 'nobody';
  }

  /** What a manager would notice, in the words of the page. */
  private told(events: EventDraft[]): string[] {
    const isOffered = (contactId: string | undefined) =>
      events.some((event) => event.type === 'contact.offered' && event.contactId === contactId);
    return events.flatMap((event): string[] => {
      const who = event.contactId ?? '';
      switch (event.type) {
        case 'contact.queued':
          return isOffered(who) ? [] : [`${who} waits in ${event.queueId}, place ${event.data.position}`];
        case 'contact.offered': {
          const isCall = event.data.phoneId !== undefined;
          return [`${who} ${isCall ? 'rings at' : 'is shown to'} ${this.nameOf(event.agentId)}`];
        }
        case 'contact.held':
          return event.data.isInterrupted ? [`${who} rests`] : [];
        case 'contact.resumed':
          return [`${who} goes on`];
        case 'contact.relaxed':
          return [`${who} now asks for ${demandText(event.data.demand)}`];
        case 'contact.flowed-out':
          return [`${who} flows out of ${event.queueId} by ${event.data.reason} to ${event.data.target}`];
        case 'contact.announced':
          return event.data.estimateMs === undefined
            ? []
            : [`${who} has place ${event.data.position}, estimated wait ${clock(event.data.estimateMs)}`];
        case 'agent.state-changed': {
          const { to, reason } = event.data;
          if (reason !== 'rona' && reason !== 'offer-rejected') return [];
          const name = this.nameOf(event.agentId);
          if (to === 'not-ready') return [`${name} is made Not Ready`];
          return to === 'logged-out' ? [`${name} is logged out`] : [];
        }
        default:
          return [];
      }
    });
  }

  /** The newest decision's last sentence. */
  private why(): string {
    const offer = this.bench.log.findLast((event) => event.type === 'contact.offered');
    return `because ${(offer && otherwiseText(offer.data.decision)) ?? 'nobody else could be asked'}`;
  }
}

describe('docs/routing.md', () => {
  const examples = examplesIn(page);

  it('has a worked example for each thing that routing can do', () => {
    expect(examples.length).to.be.at.least(15);
    for (const word of [
      'relax:',
      'language:',
      'tierAfterSec:',
      'headStartSec:',
      'priorityWorthSec:',
      'agent:',
      'capacity:',
    ])
      expect(
        examples.some(({ siteText }) => siteText.includes(word)),
        word,
      ).to.equal(true);
  });

  for (const { title, siteText, story } of examples)
    it(title, () => {
      const stage = new Stage(siteText);
      for (const line of story) stage.play(stepOf(line));
    });
});

describe('docs/site-file.md, routing', () => {
  const section = /^## Routing\n([\s\S]*?)^## /m.exec(textOf('site-file.md'))?.[1] ?? '';

  it('shows a site that can be read', () => {
    const text = [...section.matchAll(/^ {4}(.*)$/gm)].map(([, line]) => line).join('\n');
    expect(parseSite(`site: { name: Example }\n${text}`)).to.have.property('site');
  });

  it('names every setting', () => {
    const keys = [queueRouting, agentRouting, callerSchema.shape, routingSchema.shape].flatMap((shape) =>
      Object.keys(shape),
    );
    expect(keys.filter((key) => !section.includes(`| \`${key}\` `))).to.deep.equal([]);
  });

  it('says truly what is refused', () => {
    const faultsOf = (queue: string, rest = '') => {
      const text = `site: { name: X }\nskills: [{ id: loans }]\nnumbers: [{ number: 700, queue: q }]\nqueues: [{ id: q, name: Q, ${queue} }]\n${rest}`;
      const result = parseSite(text);
      return 'faults' in result ? result.faults.map((fault) => fault.path) : [];
    };
    const agents = (more: string) => `agents: [{ id: 1, name: A, queues: [q], pin: 1111, ${more} }]`;
    for (const demand of ['loans > 3', 'not loans', 'loans >= 11', 'nothing'])
      expect(faultsOf(`skills: "${demand}"`), demand).to.deep.equal(['queues[0].skills']);
    expect(faultsOf('tierAfterSec: [9, 9]')).to.deep.equal(['queues[0].tierAfterSec[1]']);
    expect(faultsOf('relax: [{ afterSec: 9 }, { afterSec: 8 }]')).to.deep.equal([
      'queues[0].relax[1].afterSec',
    ]);
    const overflow = (rule: string) => faultsOf(`overflow: [{ ${rule} }]`);
    expect(overflow('when: contacts-per-agent, to: { message: closed }')).to.deep.equal([
      'queues[0].overflow[0]',
    ]);
    expect(overflow('when: no-agents, above: 3, to: { message: closed }')).to.deep.equal([
      'queues[0].overflow[0]',
    ]);
    expect(overflow('when: estimated-wait, to: { message: closed }')).to.deep.equal([
      'queues[0].overflow[0]',
    ]);
    for (const to of ['{ queue: q }', '{ queue: z }', '{ message: z }', '{ number: "9" }'])
      expect(overflow(`when: max-wait, to: ${to}`), to).to.deep.equal(['queues[0].overflow[0].to']);
    expect(faultsOf('', agents('tiers: { z: 2 }'))).to.deep.equal(['agents[0].tiers']);
    expect(faultsOf('', agents('skills: { tax: 2 }'))).to.deep.equal(['agents[0].skills']);
    expect(faultsOf('skills: loans >= 2', agents('skills: { loans: 1 }'))).to.deep.equal([
      'queues[0].skills',
    ]);
    expect(faultsOf('tierAfterSec: [9]', agents('tiers: { q: 3 }'))).to.deep.equal([
      'queues[0].tierAfterSec',
    ]);
    expect(faultsOf('', 'callers: [{ from: 5, agent: 7 }]')).to.deep.equal(['callers[0].agent']);
    // What may be meant.
    expect(faultsOf('language: {}', agents('tiers: {}'))).to.deep.equal([]);
    expect(faultsOf('', 'callers: [{ from: 5, skills: loans }]')).to.deep.equal([]);
  });
});
