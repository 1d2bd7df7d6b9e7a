/** The model of a site: defaults, limits, and every reference that may dangle, named by its path. */
import { expect } from 'chai';
import { checkReferences, type Site, siteSchema } from '../../../../server/contract/site.ts';

const minimal = { site: { name: 'Bank' } };
const whole = {
  site: { name: 'Bank', timeZone: 'Europe/Rome', language: 'it' },
  numbers: [
    { number: '5000', queue: 'support', greeting: ['welcome'], hours: 'office', closedMessage: 'closed' },
  ],
  queues: [{ id: 'support', name: 'Support' }],
  agents: [
    { id: '101', name: 'Anna', pin: '1234', queues: ['support'] },
    { id: '102', name: 'Boris', phone: 'desk-1', queues: ['support'] },
  ],
  phones: [{ id: 'desk-1', password: 'correct-horse' }],
  hours: [{ id: 'office', open: [{ days: ['mon'], from: '09:00', to: '18:00' }] }],
  prompts: [{ id: 'hello', text: { en: 'Hello' } }],
};
/** A copy: defaults are shared by everything parsed, and the tests below change theirs. */
/** A site with what its widget says to who waits. */
const waiting = (...list: unknown[]) => ({
  ...whole,
  widgets: [{ id: 'web', queue: 'support', origins: ['https://www.bank.example'], waiting: list }],
});
const said = (afterSec: number) => ({ afterSec, text: { en: 'One moment.' } });
const parsed = (): Site => structuredClone(siteSchema.parse(whole));
const faults = (change: (site: Site) => void): string[] => {
  const site = parsed();
  change(site);
  return checkReferences(site).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('the site model', () => {
  it('is whole with a name alone', () => {
    const site = siteSchema.parse(minimal);
    expect(site.site).to.include({
      name: 'Bank',
      timeZone: 'UTC',
      language: 'en',
      realm: 'hearthline',
    });
    expect(site.queues).to.deep.equal([]);
    expect(site.notReadyReasons.map(({ code }) => code)).to.deep.equal(['1', '2', '3', '4']);
    expect(checkReferences(site)).to.deep.equal([]);
  });

  it('fills in what a queue and an agent leave out', () => {
    const { queues, agents } = parsed();
    expect(queues[0]).to.include({ strategy: 'longest-idle', ringSec: 15, maxWaitSec: 1800, record: true });
    expect(queues[0]?.serviceLevel).to.deep.equal({ percent: 80, withinSec: 20 });
    expect(agents[0]?.wrapUp).to.deep.equal({ mode: 'timed', sec: 10 });
    expect(checkReferences(parsed())).to.deep.equal([]);
  });

  const refused: [string, unknown][] = [
    ['an unknown field', { ...whole, colour: 'red' }],
    ['an id with a space', { ...whole, queues: [{ id: 'our support', name: 'S' }] }],
    ['an agent number with letters', { ...whole, agents: [{ id: 'anna', name: 'Anna', pin: '1234' }] }],
    ['a PIN of three digits', { ...whole, agents: [{ id: '1', name: 'A', pin: '123' }] }],
    ['a short password', { ...whole, phones: [{ id: 'p', password: 'short' }] }],
    ['a ring time of one second', { ...whole, queues: [{ id: 'q', name: 'Q', ringSec: 1 }] }],
    ['wrap-up without its time', { ...whole, agents: [{ id: '1', name: 'A', wrapUp: { mode: 'timed' } }] }],
    ['a trunk without an address', { ...whole, trunks: [{ id: 't', addresses: [] }] }],
    [
      'a clock time that is none',
      { ...whole, hours: [{ id: 'h', open: [{ days: ['mon'], from: '9', to: '25:00' }] }] },
    ],
    [
      'a prompt file outside its folder',
      { ...whole, prompts: [{ id: 'p', file: { en: '../../etc/x.wav' } }] },
    ],
    ['a text for who waits that comes at once', waiting(said(0))],
    ['a text for who waits after more than a day', waiting(said(86_401))],
    ['two texts for who waits at one time', waiting(said(30), said(30))],
    ['texts for who waits in another order', waiting(said(60), said(30))],
    ['a text for who waits in no language', waiting({ afterSec: 30, text: {} })],
    ['eleven texts for who waits', waiting(...Array.from({ length: 11 }, (_, i) => said(i + 1)))],
  ];
  for (const [what, site] of refused) {
    it(`refuses ${what}`, () => {
      expect(siteSchema.safeParse(site).success).to.equal(false);
    });
  }

  it('takes ten texts for who waits, and names the one that is out of order', () => {
    const ten = Array.from({ length: 10 }, (_, i) => said(30 * (i + 1)));
    expect(siteSchema.parse(waiting(...ten)).widgets?.[0]?.waiting).to.deep.equal(ten);
    const { error } = siteSchema.safeParse(waiting(said(60), said(30)));
    expect(error?.issues.map(({ path }) => path)).to.deep.equal([['widgets', 0, 'waiting', 1, 'afterSec']]);
  });

  const dangling: [string, (site: Site) => void, string][] = [
    [
      'a number to no queue',
      (s) => {
        s.numbers[0]!.queue = 'sales';
      },
      'numbers.0.queue: there is no queue "sales"',
    ],
    [
      'a queue with no such business hours',
      (s) => {
        s.queues[0]!.businessHours = 'x';
      },
      'queues.0.businessHours: there is no hours "x"',
    ],
    [
      'a number with no such hours',
      (s) => {
        s.numbers[0]!.hours = 'x';
      },
      'numbers.0.hours: there is no hours "x"',
    ],
    [
      'a number with no such greeting',
      (s) => {
        s.numbers[0]!.greeting.push('x');
      },
      'numbers.0.greeting.1: there is no prompt "x"',
    ],
    [
      'a closed message that is none',
      (s) => {
        s.numbers[0]!.closedMessage = 'x';
      },
      'numbers.0.closedMessage: there is no prompt "x"',
    ],
    [
      'an agent in no such queue',
      (s) => {
        s.agents[1]!.queues.push('x');
      },
      'agents.1.queues.1: there is no queue "x"',
    ],
    [
      'an agent tied to no phone',
      (s) => {
        s.agents[1]!.phone = 'x';
      },
      'agents.1.phone: there is no phone "x"',
    ],
    [
      'music that is none',
      (s) => {
        s.queues[0]!.music = 'x';
      },
      'queues.0.music: there is no prompt "x"',
    ],
    [
      'an overflow message that is none',
      (s) => {
        s.queues[0]!.overflowMessage = 'x';
      },
      'queues.0.overflowMessage: there is no prompt "x"',
    ],
    [
      'a queue twice',
      (s) => {
        s.queues.push(s.queues[0]!);
      },
      'queues.1.id: "support" is already used by queues[0]',
    ],
    [
      'an agent twice',
      (s) => {
        s.agents[1]!.id = '101';
      },
      'agents.1.id: "101" is already used by agents[0]',
    ],
    [
      'a phone tied twice',
      (s) => {
        s.agents[0]!.phone = 'desk-1';
      },
      'agents.1.phone: phone "desk-1" is already tied to agents[0]',
    ],
    [
      'a phone without a password',
      (s) => {
        delete s.phones[0]!.password;
      },
      'phones.0: phone "desk-1" has no password',
    ],
    [
      'a number that is also a phone',
      (s) => {
        s.numbers[0]!.number = '200';
        s.phones.push({ id: '200', password: 'correct-horse' });
      },
      'numbers.0.number: "200" is also a phone',
    ],
    [
      'a prompt without words',
      (s) => {
        delete s.prompts[0]!.text;
      },
      'prompts.0: prompt "hello" has neither text nor file',
    ],
    [
      'a time zone that is none',
      (s) => {
        s.site.timeZone = 'Rome';
      },
      'site.timeZone: "Rome" is not a time zone; use a name such as Europe/Rome',
    ],
    [
      'hours in a zone that is none',
      (s) => {
        s.hours[0]!.timeZone = 'Mars/Base';
      },
      'hours.0.timeZone: "Mars/Base" is not a time zone; use a name such as Europe/Rome',
    ],
    [
      'a slot of no length',
      (s) => {
        s.hours[0]!.open[0]!.to = '09:00';
      },
      'hours.0.open.0.to: a slot of no length (09:00-09:00); a whole day is 00:00-24:00',
    ],
    [
      'two reasons of one code',
      (s) => {
        s.notReadyReasons[1]!.code = '1';
      },
      'notReadyReasons.1.code: "1" is already used by notReadyReasons[0]',
    ],
    [
      'a reason that only the system sets',
      (s) => {
        s.notReadyReasons[1]!.id = 'supervisor';
      },
      'notReadyReasons.1.id: "supervisor" is a reason of the system\'s own',
    ],
  ];
  for (const [what, change, fault] of dangling) {
    it(`names ${what} by its path`, () => {
      expect(faults(change)).to.deep.equal([fault]);
    });
  }

  it('names every fault at once', () => {
    const found = faults((site) => {
      site.numbers[0]!.queue = 'x';
      site.agents[0]!.queues = ['y', 'z'];
    });
    expect(found).to.have.length(3);
  });
});
