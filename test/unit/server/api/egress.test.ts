/** What leaves the building: a site of everything, an empty one, and no place of the model that could be forgotten. */
import { expect } from 'chai';
import { z } from 'zod';
import { egressOf, egressPlaces } from '../../../../server/api/channels/egress.ts';
import { type Site, siteSchema } from '../../../../server/contract/site.ts';

const oauth2 = (tokenUrl: string) => ({ user: 'help', oauth2: { tokenUrl, clientId: 'hearthline' } });

const siteOfEverything: Site = siteSchema.parse({
  site: { name: 'Everything' },
  trunks: [
    { id: 'telco', addresses: ['10.0.0.1'], outbound: { host: 'sip.telco.example' } },
    { id: 'inbound', addresses: ['10.0.0.2'] },
    {
      id: 'spare',
      addresses: ['10.0.0.3'],
      outbound: { host: '10.0.0.3', port: 5070, transport: 'tcp' },
    },
  ],
  mail: {
    listener: { port: 2525, allow: ['10.0.0.4'] },
    smarthost: {
      host: 'relay.bank.example',
      tls: 'starttls',
      auth: oauth2('https://login.bank.example/token'),
    },
    mailboxes: [
      {
        id: 'help',
        name: 'Help',
        address: 'help@bank.example',
        queue: 'q',
        imap: { host: 'imap.bank.example', auth: oauth2('https://login.bank.example:8443/token') },
      },
      {
        id: 'loans',
        name: 'Loans',
        address: 'loans@bank.example',
        queue: 'q',
        imap: {
          host: 'IMAP.bank.example',
          port: 993,
          auth: oauth2('https://login.bank.example:8443/other'),
        },
      },
      {
        id: 'old',
        name: 'Old',
        address: 'old@bank.example',
        queue: 'q',
        imap: { host: '[fd00::7]', tls: 'none', auth: { user: 'old', secret: 'old' } },
      },
      { id: 'relayed', name: 'Relayed', address: 'relayed@bank.example', queue: 'q' },
    ],
  },
  webhooks: [
    { id: 'sms', name: 'SMS', queue: 'q', url: 'http://10.0.0.7:8090/answers', secret: 'sms' },
    { id: 'chatapp', name: 'Chat app', queue: 'q', url: 'https://[fd00::8]/in', secret: 'chatapp' },
  ],
  files: { clamd: { host: 'clamd.bank.example', port: 3310 } },
  syslog: { host: 'siem.bank.example' },
});

/** Every text that a site may write, by its place, lists and languages left out. */
function textPlaces(schema: unknown, place: string[] = [], found = new Map<string, Set<string>>()) {
  if (typeof schema !== 'object' || schema === null) return found;
  const { type, format, properties, ...others } = schema as Record<string, unknown>;
  if (type === 'string') {
    const name = place.join('.');
    const formats = found.get(name) ?? new Set<string>();
    found.set(name, formats.add(typeof format === 'string' ? format : ''));
  }
  for (const [key, inner] of Object.entries((properties as Record<string, unknown>) ?? {}))
    textPlaces(inner, [...place, key], found);
  for (const inner of Object.values(others)) {
    if (Array.isArray(inner)) for (const one of inner) textPlaces(one, place, found);
    else textPlaces(inner, place, found);
  }
  return found;
}

/**
 * Keys of texts that name no machine that we would connect to: names, ids, words, secrets, and what may connect to us
 * (`addresses`, `allow`, `bind`, `origins`). A new key is put here, or gets a reader in egress.ts; a key that could be either
 * stands with its whole place.
 */
const namesNoMachine = new Set(
  `name timeZone language realm digest voice chat mail id skills agent number queue greeting hours closedMessage from strategy
  fallback when message becomes overflowMessage music pin queues languages tiers phone mode password md5 sha256 transport user
  secret numbers prefix text file days to closedOn set calendar holiday open date allow certificate key tls ca clientId
  clientSecret refreshToken scope aliases folder afterwards senderName signature words origins title welcome offlineText
  offlineForm colour theme email version mailbox wants work refuse trunk callerId country ical code team
  businessHours serverName`.split(/\s+/),
);
const placesOfNoMachine = new Set([
  'mail.mailboxes.address',
  'mail.listener.bind',
  'trunks.addresses',
  'files.clamd.socket',
]);
const keyOf = (place: string): string => place.split('.').at(-1) ?? '';
const isHarmless = (place: string, formats: ReadonlySet<string>): boolean =>
  !formats.has('uri') && (placesOfNoMachine.has(place) || namesNoMachine.has(keyOf(place)));

describe('what leaves the building', () => {
  const places = textPlaces(z.toJSONSchema(siteSchema, { io: 'input', unrepresentable: 'any' }));

  it('has a reader for every place of the site model that names a machine', () => {
    expect(places.size).to.be.greaterThan(100);
    const machines = [...places]
      .filter(([place, formats]) => !isHarmless(place, formats))
      .map(([place]) => place);
    expect(machines.sort()).to.deep.equal([...egressPlaces].sort());
  });

  it('would see one under a name that nobody thought of, and a URL under any name', () => {
    const later = siteSchema.extend({
      messenger: z.strictObject({ peer: z.string(), name: z.url(), words: z.string() }).optional(),
    });
    const seen = textPlaces(z.toJSONSchema(later, { io: 'input', unrepresentable: 'any' }));
    const added = [...seen].filter(([place, formats]) => !places.has(place) && !isHarmless(place, formats));
    expect(added.map(([place]) => place)).to.deep.equal(['messenger.peer', 'messenger.name']);
  });

  it('tells host, port, protocol and purpose of each, and who shares it', () => {
    expect(
      egressOf(siteOfEverything).map(
        ({ host, port, protocol, purpose, usedBy }) =>
          `${host} ${port} ${protocol} ${purpose} ${usedBy.join(',')}`,
      ),
    ).to.deep.equal([
      'relay.bank.example 587 smtp-starttls mail-relay ',
      'login.bank.example 443 https relay-token ',
      'imap.bank.example 993 imap-tls mailbox help,loans',
      'fd00::7 143 imap mailbox old',
      'login.bank.example 8443 https mailbox-token help,loans',
      '10.0.0.7 8090 http connector sms',
      'fd00::8 443 https connector chatapp',
      'clamd.bank.example 3310 clamd virus-scanner ',
      'sip.telco.example 5060 sip-udp trunk telco',
      '10.0.0.3 5070 sip-tcp trunk spare',
      'siem.bank.example 6514 syslog-tls siem ',
    ]);
  });

  it('has where rules of alerts are posted, by their names', () => {
    const alerts = [
      { url: 'https://alerts.bank.example/in', rule: 'Too many wait' },
      { url: 'http://10.0.0.9:8080/x', rule: 'Nothing comes' },
      { url: 'https://alerts.bank.example/other', rule: 'Trunk full' },
    ];
    const empty = siteSchema.parse({ site: { name: 'Empty' } });
    expect(egressOf(empty, alerts)).to.deep.equal([
      {
        host: 'alerts.bank.example',
        port: 443,
        protocol: 'https',
        purpose: 'alerts',
        usedBy: ['Too many wait', 'Trunk full'],
      },
      { host: '10.0.0.9', port: 8080, protocol: 'http', purpose: 'alerts', usedBy: ['Nothing comes'] },
    ]);
  });

  it('is nothing where nothing is switched on, and where all of it stays on the machine', () => {
    expect(egressOf(siteSchema.parse({ site: { name: 'Empty' } }))).to.deep.equal([]);
    const inside = siteSchema.parse({
      site: { name: 'Inside' },
      trunks: [{ id: 'inbound', addresses: ['10.0.0.2'] }],
      mail: {
        listener: { port: 2525, allow: ['10.0.0.4'] },
        mailboxes: [{ id: 'help', name: 'Help', address: 'help@bank.example', queue: 'q' }],
      },
      files: { clamd: { socket: '/run/clamav/clamd.ctl' } },
    });
    expect(egressOf(inside)).to.deep.equal([]);
  });
});
