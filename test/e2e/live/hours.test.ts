/** Opening hours on the real server: what the console says would happen to a call now is what happens to it. */
import { expect } from 'chai';
import { callerNumber, LiveHouse, liveSite, visit } from './live-house.ts';

const dayMs = 86_400_000;
const date = (daysFromNow: number) => new Date(Date.now() + daysFromNow * dayMs).toISOString().slice(0, 10);

/** Open round the clock, but for an exception from yesterday until tomorrow on 703. */
const site = `${liveSite.replace(
  'queues:',
  `  - { number: '703', name: Closed line, queue: main, hours: shut }
  - { number: '704', name: Open line, queue: main, hours: always }
queues:`,
)}
hours:
  - id: always
    open: [{ days: [mon, tue, wed, thu, fri, sat, sun], from: 00:00, to: 24:00 }]
  - id: shut
    name: Branch
    open: [{ days: [mon, tue, wed, thu, fri, sat, sun], from: 00:00, to: 24:00 }]
    exceptions: [{ name: Burst pipe, from: ${date(-1)}, to: ${date(1)} }]
`;

describe('hours on the real server', function () {
  this.timeout(60_000);
  let live: LiveHouse;
  let admin: Awaited<ReturnType<LiveHouse['setUp']>>;
  before(async () => {
    live = await LiveHouse.open(site);
    admin = await live.setUp('lang=en');
  });
  after(() => live?.close());

  it('closes and opens as the console foretells', async () => {
    const { page } = admin;
    await visit(page, 'hours');
    const askNow = async (number: string, verdict: string) => {
      await page.fill('#ask-number', number);
      await page.locator('.ask-quick button').first().click();
      const answer = page.locator(`.answer[data-verdict=${verdict}]`);
      await answer.waitFor();
      return answer.innerText();
    };
    const caller = await live.caller(callerNumber);

    expect(await askNow('703', 'closed')).to.include('Exception: Burst pipe');
    await caller.dial('703');
    // The message is heard to its end, and nobody was ever offered this call.
    await caller.waitFor('CALL_CLOSED', 20_000);
    expect(caller.count('CALL_ESTABLISHED')).to.equal(1);
    await live.house.untilProjected();
    expect(await live.house.contacts()).to.deep.equal([]);

    expect(await askNow('704', 'open')).to.include('waits in “Main line”');
    await caller.dial('704');
    await live.house.untilContacts('waiting', 1);
    await caller.hangup();
    await live.house.untilIdle();
    expect(admin.errors).to.deep.equal([]);
  });
});
