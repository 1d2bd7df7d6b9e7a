/** The rows of the page of channels, and tables as files: what is off is not there, and no cell runs as a formula. */
import { expect } from 'chai';
import { askedOf, channelsCsv, presentChannel, waysIn } from '../../../../server/api/channels/presenter.ts';
import { csvLine } from '../../../../server/lib/csv.ts';
import type { ChannelUse } from '../../../../server/api/ports.ts';
import type { ChannelHealth } from '../../../../server/app/text/channel.ts';
import { channelRowSchema } from '../../../../server/contract/rest-channels.ts';
import { siteSchema } from '../../../../server/contract/site.ts';

const origins = ['https://www.bank.example'];
const site = siteSchema.parse({
  site: { name: 'First', language: 'it' },
  numbers: [{ number: '+390612345', name: 'Main line', queue: 'main' }],
  trunks: [
    { id: 'telco', name: 'Telco', addresses: ['10.0.0.1'], outbound: { host: '10.0.0.1' } },
    { id: 'old', addresses: ['10.0.0.2'] },
  ],
  mail: {
    mailboxes: [
      {
        id: 'help',
        name: 'Help',
        address: 'help@bank.example',
        queue: 'main',
        topics: [
          { words: ['loan'], queue: 'loans' },
          { words: ['card'], queue: 'main' },
        ],
      },
    ],
  },
  widgets: [{ id: 'web', queue: 'main', origins, title: { it: 'Parla con noi', en: 'Talk to us' } }],
  forms: [{ id: 'call', queue: 'main', origins }],
  webhooks: [{ id: 'sms', name: 'SMS', queue: 'main', url: 'http://10.0.0.7/', secret: 'sms' }],
  callbacks: { trunk: 'telco', callerId: '0612345', country: 'IT', allow: ['+39'] },
});
const none = { byVia: new Map(), byTrunk: new Map(), outByTrunk: new Map() };
const used = (week: number, month: number, lastAt: number): ChannelUse => ({ week, month, lastAt });

describe('the rows of channels', () => {
  it('are what the site has switched on, with name and queues, and nothing else', () => {
    expect(
      waysIn(site).map(({ kind, id, name, queueIds }) => [kind, id, name, queueIds.join(' ')]),
    ).to.deep.equal([
      ['number', '+390612345', 'Main line', 'main'],
      ['trunk', 'telco', 'Telco', ''],
      ['trunk', 'old', undefined, ''],
      ['mailbox', 'help', 'Help', 'main loans'],
      ['widget', 'web', 'Parla con noi', 'main'],
      ['form', 'call', undefined, 'main'],
      ['connector', 'sms', 'SMS', 'main'],
      ['callbacks', 'telco', 'Telco', ''],
    ]);
    expect(waysIn(siteSchema.parse({ site: { name: 'Empty' } }))).to.deep.equal([]);
  });

  it('ask history by what contacts have there', () => {
    const day = 86_400_000;
    expect(askedOf(waysIn(site), 100 * day)).to.deep.equal({
      vias: ['+390612345', 'mail:help', 'chat:web', 'form:call', 'webhook:sms'],
      trunkIds: ['telco', 'old'],
      weekAgo: 93 * day,
      monthAgo: 70 * day,
    });
  });

  it('count calls of both directions for a trunk, and call unused what had none in 30 days', () => {
    const uses = {
      byVia: new Map([['mail:help', used(0, 0, 5)]]),
      byTrunk: new Map([['telco', used(1, 2, 10)]]),
      outByTrunk: new Map([['telco', used(3, 4, 20)]]),
    };
    const rows = waysIn(site).map((way) => channelRowSchema.parse(presentChannel(way, uses, {})));
    expect(
      rows.map(
        ({ kind, contacts7d, contacts30d, lastAt, isUnused }) =>
          `${kind} ${contacts7d} ${contacts30d} ${lastAt ?? '-'} ${isUnused}`,
      ),
    ).to.deep.equal([
      'number 0 0 - true',
      'trunk 4 6 20 false',
      'trunk 0 0 - true',
      'mailbox 0 0 5 true',
      'widget 0 0 - true',
      'form 0 0 - true',
      'connector 0 0 - true',
      'callbacks 3 4 20 false',
    ]);
  });

  it('have the worst health of what they need; calls have none, and what is being opened neither', () => {
    const known: Record<string, ChannelHealth> = {
      mail: { state: 'off' },
      chat: { state: 'up' },
      webhook: { state: 'degraded', since: 7, detail: 'sms: 503' },
      'public-port': { state: 'down', since: 9, detail: 'the port is taken' },
    };
    const healthOf = (parts: Record<string, ChannelHealth>) =>
      waysIn(site).map((way) => presentChannel(way, none, parts).health?.state);
    const [, , , , , , sms] = waysIn(site).map((way) => presentChannel(way, none, known));
    expect(sms?.health).to.deep.equal({ state: 'down', since: 9, detail: 'the port is taken' });
    const calls = [undefined, undefined, undefined];
    expect(healthOf(known)).to.deep.equal([...calls, undefined, 'down', 'down', 'down', undefined]);
    expect(healthOf({ ...known, 'public-port': { state: 'up' } })).to.deep.equal([
      ...calls,
      undefined,
      'up',
      'up',
      'degraded',
      undefined,
    ]);
  });
});

describe('tables as files', () => {
  it('quote by RFC 4180, and let no cell begin a formula', () => {
    expect(csvLine(['a', 'b,c', 'd"e', 'f\r\ng', undefined, -5, ''])).to.equal(
      'a,"b,c","d""e","f\r\ng",,-5,\r\n',
    );
    expect(csvLine(['=1+1', '+39', '-2', '@x', '\tx', '\r=1', 'a=1', `=HYPERLINK("http://x","y")`])).to.equal(
      `'=1+1,'+39,'-2,'@x,'\tx,"'\r=1",a=1,"'=HYPERLINK(""http://x"",""y"")"\r\n`,
    );
  });

  it('have every channel in a line, with its head', () => {
    const [number] = waysIn(site);
    const row = presentChannel(
      number!,
      { ...none, byVia: new Map([['+390612345', used(1, 2, 1_790_000_000_000)]]) },
      { 'public-port': { state: 'up' } },
    );
    expect(channelsCsv([{ ...row, name: '=cmd' }])).to.equal(
      'kind,id,name,queues,health,health_since,health_detail,contacts_7_days,contacts_30_days,last_contact,unused\r\n' +
        `number,'+390612345,'=cmd,main,,,,1,2,2026-09-21T14:13:20.000Z,no\r\n`,
    );
  });
});
