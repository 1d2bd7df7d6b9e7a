/** The text channels of docs/site-file.md and docs/limits.md are those of the code: settings, example, numbers. */
import { readFileSync } from 'node:fs';
import { unwrittenAtMost } from '../../../server/app/alerts/alert-ledger.ts';
import { noticeRetryMs, tellBoundMs } from '../../../server/app/alerts/alert-post.ts';
import { postBoundMs } from '../../../server/channels/webhook/alert-webhook.ts';
import { alertHistoryDays, alertNoticesPerHour, alertRulesAtMost } from '../../../server/contract/alerts.ts';
import { expect } from 'chai';
import { lookedAtOnce, pauseMs } from '../../../server/app/customers/customers.ts';
import { findRate } from '../../../server/compose/customer-port.ts';
import {
  addressesAtMost,
  addressesShown,
  cardsFound,
  contactsCounted,
} from '../../../server/contract/customers.ts';
import { z } from 'zod';
import { pageGoneAfterMs } from '../../../server/app/text/desk-presence.ts';
import { givenUpAfter, retryAfterMs, usualSending } from '../../../server/app/text/outbox.ts';
import { releaseWaitMs } from '../../../server/app/text/quarantine.ts';
import { forgottenAtOnce, forgottenInALook } from '../../../server/app/text/retention.ts';
import { broadestBits } from '../../../server/app/text/sender-forms.ts';
import { addressesKnown } from '../../../server/channels/address-rate.ts';
import { ChatChannel } from '../../../server/channels/chat/chat-channel.ts';
import { goneAfterMs } from '../../../server/channels/chat/chat-watch.ts';
import { chatRates } from '../../../server/channels/chat/chat-door.ts';
import { chatSocketLimits } from '../../../server/channels/chat/chat-sockets.ts';
import { scanBoundMs } from '../../../server/channels/file-check.ts';
import { formRate } from '../../../server/channels/form-door.ts';
import { backOffTimes } from '../../../server/channels/mail/back-off.ts';
import { imapTimes } from '../../../server/channels/mail/imap-watch.ts';
import * as bounds from '../../../server/channels/mail/mail-bounds.ts';
import { intakeTimes, triesInOrder } from '../../../server/channels/mail/mail-intake.ts';
import { listenerLimits } from '../../../server/channels/mail/mail-listener.ts';
import { relayConnections, senderTimes } from '../../../server/channels/mail/mail-sender.ts';
import { toleranceSec } from '../../../server/channels/webhook/signature.ts';
import { sendBoundMs as hookBoundMs, webhookRate } from '../../../server/channels/webhook/webhook-channel.ts';
import { typingRate } from '../../../server/compose/desk-port.ts';
import { parseSite } from '../../../server/config/site-file.ts';
import { maxLineLength } from '../../../server/contract/chat.ts';
import { blocksAtMost } from '../../../server/contract/rest-quarantine.ts';
import { maxTextLength, messagesAtMost } from '../../../server/contract/desk.ts';
import { fileRulesSchema, mailSchema, textChannels } from '../../../server/contract/site-text.ts';
import { deliveryLimitBytes, webhookLimitBytes } from '../../../server/contract/webhook.ts';

const textOf = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

/** Every key that a site may write, at any depth; names of languages are none. */
function keysOf(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  const { properties } = schema as { properties?: Record<string, unknown> };
  for (const key of Object.keys(properties ?? {})) found.add(key);
  for (const inner of Object.values(schema)) keysOf(inner, found);
  return found;
}

describe('docs/site-file.md, text channels', () => {
  const section = /^## Text channels\n([\s\S]*)/m.exec(textOf('site-file.md'))?.[1]?.split(/^## /m)[0] ?? '';

  it('shows a site that can be read, with every channel in it', () => {
    const text = [...section.matchAll(/^ {4}(.*)$/gm)].map(([, line]) => line).join('\n');
    const result = parseSite(`site: { name: Example }\n${text}`);
    expect(result).to.have.property('site');
    const site = 'site' in result ? result.site : undefined;
    expect(Object.keys(textChannels).filter((key) => !(key in (site ?? {})))).to.deep.equal([]);
  });

  it('names every setting', () => {
    const keys = keysOf(z.toJSONSchema(z.object(textChannels), { io: 'input', unrepresentable: 'any' }));
    expect(keys.size).to.be.greaterThan(50);
    expect([...keys].filter((key) => !section.includes(`\`${key}\``))).to.deep.equal([]);
  });

  it('names the endings that are refused, and what is the case unless set', () => {
    const { refuse, maxMegabytes } = fileRulesSchema.parse({});
    expect(section).to.include(refuse.join(', '));
    expect(maxMegabytes).to.equal(20);
  });
});

describe('docs/limits.md', () => {
  const page = textOf('limits.md');
  const number = (value: number) => value.toLocaleString('en-US');
  /** The row that begins with these words has these numbers, in that order, in its second column. */
  const row = (what: string, ...values: (number | string)[]) =>
    it(`${what}: ${values.join(', ')}`, () => {
      const [line] = page.split('\n').filter((one) => one.startsWith(`| ${what} `));
      const column = line?.split('|')[2] ?? '';
      const written = column.match(/\d{1,3}(?:,\d{3})+|\d+/g) ?? [];
      expect(written, line).to.deep.equal(values.map((one) => (typeof one === 'number' ? number(one) : one)));
    });

  row('messages sent at a time', usualSending.atOnce, relayConnections);
  row('time to answer a delivery', usualSending.boundMs / 1000);
  row('tries again after', ...retryAfterMs.map((ms) => ms / 1000));
  row('tries in all', givenUpAfter);
  row('text of an answer or note', maxTextLength);
  row('messages shown of a thread', messagesAtMost);
  row('typing notices of an agent', typingRate.burst, typingRate.perMinute);
  row('page of an agent at no phone gone', pageGoneAfterMs / 1000);
  row('size of a file', fileRulesSchema.parse({}).maxMegabytes, 100);
  row('answer of the virus scanner', scanBoundMs / 1000);
  row('addresses whose rate is known', addressesKnown);
  row('blocked senders', blocksAtMost, 300);
  row('width of a blocked network', broadestBits.v4, 6, broadestBits.v6);
  row('answer to who releases a mail', releaseWaitMs / 1000);
  row('searches for customers', findRate.burst, findRate.perMinute);
  row('part of a name that is searched for', 3, 100);
  row('customers found, and of one address', cardsFound);
  row('addresses of a customer', addressesAtMost, addressesShown);
  row('earlier contacts that are counted', contactsCounted);
  row('history looked through for cards', lookedAtOnce, pauseMs);
  row('forgetting by age', forgottenAtOnce, forgottenInALook, 10);

  row('rules', alertRulesAtMost);
  row('mails or webhooks of one rule', alertNoticesPerHour);
  row('an alert is told again after', ...noticeRetryMs.map((ms) => ms / 1000));
  row('time to take an alert', postBoundMs / 1000, tellBoundMs / 1000);
  row('alerts kept', alertHistoryDays);
  row('alerts in memory while Postgres is away', unwrittenAtMost);

  row('text of a line', maxLineLength);
  row('beginning a chat, an address', chatRates.starts.burst, chatRates.starts.perMinute);
  row('sending files up, an address', chatRates.uploads.burst, chatRates.uploads.perMinute);
  row('transcripts, an address', chatRates.transcripts.burst, chatRates.transcripts.perMinute);
  row('sockets', chatSocketLimits.sockets);
  row('first frame within', chatSocketLimits.helloWithinMs / 1000);
  row('silence of a socket', chatSocketLimits.silentAfterMs / 1000);
  row('size of a frame', chatSocketLimits.frameBytes);
  row('frames of a socket', chatSocketLimits.framesPerSec, chatSocketLimits.frameBurst);
  row('frames waiting their turn', chatSocketLimits.pending);
  row('customer gone while waiting', goneAfterMs / 1000);
  const { maxBytes, maxCount } = ChatChannel.attachments;
  row('files of a line', maxCount, maxBytes);

  row('requests of an address', formRate.burst, formRate.perMinute);

  row('body of a request', webhookLimitBytes);
  row('body of a delivery', deliveryLimitBytes);
  row('age of a signature', toleranceSec);
  row('requests of a connector’s address', webhookRate.burst, webhookRate.perMinute);
  row('time to take an answer', hookBoundMs / 1000);

  row('size of a mail, by the site', mailSchema.shape.maxMegabytes.parse(undefined), 100);
  row('connections of relays', listenerLimits.connections);
  row('mails of a relay', listenerLimits.mailsPerMinute);
  row('recipients of a mail', listenerLimits.recipients);
  row('silence of a relay', listenerLimits.idleMs / 1000);
  row('one mail, however slow', listenerLimits.dataMs / 60_000);
  row('mails being received, together', listenerLimits.bytesInFlight / 1024 ** 2);
  row('size that is read', bounds.maxMailBytes / 1024 ** 2);
  row('parts of a mail', bounds.maxParts, bounds.maxDepth);
  row('header lines', bounds.maxHeaderBytes / 1024);
  row('text or HTML of a mail', bounds.maxTextChars);
  row('subject', bounds.maxSubjectChars);
  row('addresses and references', bounds.maxAddresses, bounds.maxReferences);
  row('looking into an IMAP folder', imapTimes.pollMs / 1000);
  row('connecting to a mail server', imapTimes.connectMs / 1000);
  row('a mail server that fails', backOffTimes.firstMs / 1000, backOffTimes.longestMs / 1000);
  row('a sign-in that is refused', backOffTimes.refusedMs / 1000, backOffTimes.refusedLongestMs / 1000);
  row('one mail to the relay', senderTimes.mailMs / 60_000, senderTimes.silentMs / 60_000);
  row('a kept mail that the desk does not take', intakeTimes.giveUpMs / 3_600_000, triesInOrder);
});
