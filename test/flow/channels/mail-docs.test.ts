/** The site of docs/mail.md is one that can be imported, and its limits are those of the code. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { textFaults } from '../../../server/config/text-site.ts';
import { imapTimes } from '../../../server/channels/mail/imap-watch.ts';
import { listenerLimits } from '../../../server/channels/mail/mail-listener.ts';
import { senderTimes } from '../../../server/channels/mail/mail-sender.ts';
import { siteWith } from './mail-setup.ts';

describe('docs/mail.md', () => {
  const text = readFileSync(new URL('../../../docs/mail.md', import.meta.url), 'utf8');

  it('has an example that holds', () => {
    const block = text
      .split('\n## ')[1]!
      .split('\n')
      .filter((line) => line.startsWith('    '));
    const { mail } = parse(block.map((line) => line.slice(4)).join('\n')) as { mail: unknown };
    const site = siteWith(mail);
    expect(textFaults(site)).to.deep.equal([]);
    expect(site.mail!.mailboxes.map(({ id }) => id)).to.deep.equal(['help', 'loans']);
  });

  it('names the limits that are', () => {
    const { connections, mailsPerMinute, recipients, bytesInFlight, idleMs, dataMs } = listenerLimits;
    expect([connections, mailsPerMinute, recipients, bytesInFlight / 2 ** 20, idleMs, dataMs]).to.deep.equal([
      100, 1000, 100, 256, 60_000, 600_000,
    ]);
    expect([senderTimes.silentMs, senderTimes.mailMs]).to.deep.equal([660_000, 1_200_000]);
    const { firstMs, longestMs, refusedMs, refusedLongestMs, pollMs } = imapTimes;
    expect([firstMs, longestMs, refusedMs, refusedLongestMs, pollMs]).to.deep.equal([
      1000, 120_000, 60_000, 600_000, 60_000,
    ]);
  });
});
