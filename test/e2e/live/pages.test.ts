/** Every page with the real server behind it, in every language and at both sizes: nothing is cut, nothing sticks out. */
import { expect } from 'chai';
import { until } from '../../support/until.ts';
import { findOverflow } from '../../support/ui-browser.ts';
import { callerNumber, LiveHouse, visit } from './live-house.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];

describe('pages of the real server', function () {
  this.timeout(60_000);
  let live: LiveHouse;
  let admin: Awaited<ReturnType<LiveHouse['setUp']>>;
  let television: Awaited<ReturnType<LiveHouse['visitor']>>;

  before(async () => {
    live = await LiveHouse.open();
    admin = await live.setUp();
    television = await live.display(admin.page, 'Hall, north wall');
    // A recording, a call that talks, one that waits: every kind of row.
    await live.agentPhone('1001');
    await live.house.untilAgent('101', 'ready');
    const first = await live.caller(callerNumber);
    await first.dial('701');
    await live.house.untilAgent('101', 'talking');
    await live.house.talkFor(500);
    await first.hangup();
    await live.house.recordings(1);
    await live.house.untilAgent('101', 'ready');
    await first.dial('701');
    await live.house.untilAgent('101', 'talking');
    await (await live.caller('+390551112233')).dial('701');
    await live.house.untilContacts('waiting', 1);
  });
  after(() => live.close());

  for (const language of ['en', 'ru', 'it'])
    it(`fit in ${language}`, async () => {
      // A change of the hash alone would not load the page anew.
      await admin.page.goto('about:blank');
      await admin.page.goto(`${live.url}/?lang=${language}`);
      await admin.page.locator('[data-connection=live]').waitFor();
      for (const id of ['live', 'recordings', 'contacts', 'channels', 'displays', 'site', 'audit']) {
        await visit(admin.page, id);
        await admin.page
          .locator(id === 'site' ? '.editor' : '.table-box tbody tr')
          .first()
          .waitFor();
        for (const size of sizes) {
          await admin.page.setViewportSize(size);
          expect(await findOverflow(admin.page), `${id} ${size.width}`).to.deep.equal([]);
        }
      }
      await television.page.goto(`${live.url}/wallboard/?lang=${language}`);
      await television.page.locator('[data-connection=live]').waitFor();
      for (const size of sizes) {
        await television.page.setViewportSize(size);
        expect(await findOverflow(television.page), `wallboard ${size.width}`).to.deep.equal([]);
      }
    });

  it('shows a telephone number whole, and no time for who was never there', async () => {
    const { page } = admin;
    await visit(page, 'live');
    const agent = page.locator('tr[data-agent="103"]');
    await agent.waitFor();
    expect(await agent.locator('td').nth(2).innerText()).to.equal('–');
    for (const id of ['live', 'contacts', 'recordings']) {
      await visit(page, id);
      const cell = page.locator('td', { hasText: callerNumber }).first();
      await cell.waitFor();
      for (const size of sizes) {
        await page.setViewportSize(size);
        await until(`the number is whole in ${id} at ${size.width}`, () =>
          cell.evaluate((element) => element.scrollWidth <= element.clientWidth),
        );
      }
    }
    expect([...admin.errors, ...television.errors]).to.deep.equal([]);
  });
});
