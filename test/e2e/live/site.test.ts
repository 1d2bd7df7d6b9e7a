/** The site file in the console of the real server: a broken one changes nothing, a good one is in force on the wall at once. */
import { expect } from 'chai';
import type { SiteView } from '../../../server/contract/rest.ts';
import { until } from '../../support/until.ts';
import { callerNumber, LiveHouse, visit } from './live-house.ts';

describe('the site page on the real server', function () {
  this.timeout(60_000);
  let live: LiveHouse;
  let admin: Awaited<ReturnType<LiveHouse['setUp']>>;
  let television: Awaited<ReturnType<LiveHouse['visitor']>>;
  let good: string;

  before(async () => {
    live = await LiveHouse.open();
    admin = await live.setUp();
    television = await live.display(admin.page, 'Hall');
    await visit(admin.page, 'site');
    good = await editor().inputValue();
  });
  after(() => live.close());

  const editor = () => admin.page.locator('.editor textarea');
  const press = (name: string) => admin.page.getByRole('button', { name, exact: true }).click();
  const site = async () => (await live.request(admin.context, 'GET', '/api/site')).body as SiteView;
  const queuesOnWall = () =>
    television.page.locator('tr[data-queue] th').evaluateAll((all) => all.map((th) => th.textContent));

  it('refuses a broken file with the lines of its faults, and nothing changes', async () => {
    const before = await site();
    const lineOf = (text: string, from = 0) =>
      good.split('\n').findIndex((line, i) => i >= from && line.includes(text));
    const first = lineOf('ringSec: 8');
    const broken = [
      // Both queues, both lines.
      {
        yaml: good.replaceAll('ringSec: 8', 'ringSec: soon'),
        lines: [first, lineOf('ringSec: 8', first + 1)],
      },
      { yaml: good.replace('queue: cards', 'queue: nowhere'), lines: [lineOf('queue: cards')] },
    ];
    for (const { yaml, lines } of broken) {
      await editor().fill(yaml);
      for (const button of ['Check', 'Import']) {
        await press(button);
        const told = () => admin.page.locator('.fault b').allInnerTexts();
        const expected = lines.map((line) => `Line ${line + 1}`).join();
        await until(`${button} tells of ${expected}`, async () => (await told()).join() === expected);
        expect(await admin.page.locator('.notice-good').count()).to.equal(0);
        await admin.page.locator('.fault').first().click();
        const marked = await editor().evaluate((area: HTMLTextAreaElement) =>
          area.value.slice(area.selectionStart, area.selectionEnd),
        );
        expect(marked).to.equal(yaml.split('\n')[lines[0]!]);
      }
    }
    expect(await site()).to.deep.equal(before);
    expect(await queuesOnWall()).to.deep.equal(['Lost cards', 'Main line']);
  });

  it('puts a good file in force: the new queue is on the wall, and its number can be called', async () => {
    const { version } = await site();
    await editor().fill(
      good
        .replace(/^queues:\n/m, 'queues:\n  - { id: loans, name: Loans and credit }\n')
        .replace(/^numbers:\n/m, "numbers:\n  - { number: '703', queue: loans }\n"),
    );
    await press('Check');
    await admin.page.locator('.notice-good').waitFor();
    expect((await site()).version, 'a check changes nothing').to.equal(version);
    await press('Import');
    const pressedAt = performance.now();
    await until('the new queue is on the wall', async () =>
      (await queuesOnWall()).includes('Loans and credit'),
    );
    console.log(`      on the wall after ${Math.round(performance.now() - pressedAt)} ms`);
    expect((await site()).version).to.equal(version + 1);
    const caller = await live.caller(callerNumber);
    await caller.dial('703');
    const waiting = television.page.locator('tr[data-queue=loans] td').first();
    await until('a caller waits in it', async () => (await waiting.innerText()) === '1');
    await caller.hangup();
    await until('the caller is gone', async () => (await waiting.innerText()) === '0');
    expect([...admin.errors, ...television.errors]).to.deep.equal([]);
  });

  it('refuses an import that began before somebody else’s', async () => {
    const { yaml } = await site();
    await live.house.stack.importSite(yaml.replace('Loans and credit', 'Loans'));
    await editor().fill(good);
    await press('Import');
    await admin.page.locator('.notice-bad').waitFor();
    expect((await site()).yaml).to.contain('Loans');
    await visit(admin.page, 'audit');
    const row = admin.page.locator('tbody tr', { hasText: 'site.imported' });
    await row.first().waitFor();
    expect(await row.allInnerTexts()).to.have.length(2);
  });
});
