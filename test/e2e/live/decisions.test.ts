/** Why this agent, on the real server: a real call that one agent lets ring and another answers, explained in three languages. */
import { expect } from 'chai';
import type { ContactStory, DecisionPage } from '../../../server/contract/rest-decisions.ts';
import { until } from '../../support/until.ts';
import { findOverflow } from '../../support/ui-browser.ts';
import { agentNames, callerNumber, LiveHouse, visit } from './live-house.ts';

const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];
/** 101 and 102 know loans; 103 does not, and 104 is of the second tier. */
const site = `site: { name: Northgate Bank, timeZone: Europe/Rome, language: en }
numbers:
  - { number: '701', queue: loans, priority: 2 }
queues:
  - { id: loans, name: Loans and credit, ringSec: 4, maxWaitSec: 600, skills: loans >= 3, tierAfterSec: [2] }
trunks:
  - { id: loopback, addresses: ['127.0.0.1'], maxCalls: 100 }
phones:
${[1001, 1002, 1003, 1004].map((id) => `  - { id: '${id}', password: 'secret-${id}' }`).join('\n')}
skills: [{ id: loans, name: Loans }]
agents:
  - { id: '101', name: ${agentNames[0]}, queues: [loans], phone: '1001', skills: { loans: 5 } }
  - { id: '102', name: ${agentNames[1]}, queues: [loans], phone: '1002', skills: { loans: 3 } }
  - { id: '103', name: ${agentNames[2]}, queues: [loans], phone: '1003' }
  - { id: '104', name: Valentina Crosetti, queues: [loans], pin: '1234', skills: { loans: 9 }, tiers: { loans: 2 } }
`;

describe('decisions on the real server', function () {
  this.timeout(60_000);
  let live: LiveHouse;
  let admin: Awaited<ReturnType<LiveHouse['setUp']>>;
  let contactId: string;
  let givenUpId: string;

  before(async () => {
    live = await LiveHouse.open(site);
    admin = await live.setUp('lang=en');
    // Nobody is there: the demand is loosened, and the caller gives up.
    const first = await live.caller('+390551112233');
    await first.dial('701');
    await until(
      'the demand is loosened',
      async () => (await live.house.rows("select 1 from events where type = 'contact.relaxed'")).length > 0,
    );
    await first.hangup();
    ({ contactId: givenUpId } = await live.house.lastContact());
    // The first to be Ready is the first to be asked, and lets it ring.
    await live.agentPhone('1001', false);
    await live.house.untilAgent('101', 'ready');
    await live.agentPhone('1002');
    await live.house.untilAgent('102', 'ready');
    const caller = await live.caller(callerNumber);
    await caller.dial('701');
    await live.house.untilAgent('102', 'talking');
    await live.house.talkFor(500);
    await caller.hangup();
    ({ contactId } = await live.house.lastContact());
  });
  after(() => live?.close());

  const open = async (language: string) => {
    // A change of the hash alone would not load the page anew.
    await admin.page.goto('about:blank');
    await admin.page.goto(`${live.url}/?lang=${language}#/decisions`);
    await admin.page.locator('tr[data-offer]').first().waitFor();
  };
  const offers = async () =>
    ((await live.request(admin.context, 'GET', `/api/decisions?contactId=${contactId}`)).body as DecisionPage)
      .items;

  it('answers who was asked, who was not, and why', async () => {
    const [second, first] = await offers();
    expect([first?.agentId, first?.result, second?.agentId, second?.result]).to.deep.equal([
      '101',
      'rona',
      '102',
      'answered',
    ]);
    expect(first!.decision!.candidates.map(({ agentId }) => agentId)).to.deep.equal(['101', '102']);
    expect(first!.decision!.ruledOut).to.deep.equal([
      { rule: 'skill', count: 1, agentIds: ['103'] },
      { rule: 'tier', count: 1, agentIds: ['104'] },
    ]);
    expect(first!.decision!.counterfactual?.fact).to.include({ kind: 'idle', agentId: '102' });
    const { body } = await live.request(admin.context, 'GET', `/api/contacts/${contactId}/story`);
    const { steps } = body as ContactStory;
    expect(steps.map(({ kind }) => kind)).to.include.members([
      'arrived',
      'queued',
      'withdrawn',
      'answered',
      'ended',
    ]);
    for (const step of steps)
      if (step.kind === 'offered')
        expect(step.offer.decision?.demand?.facts).to.deep.equal({
          maxTier: 1,
          skills: { skill: 'loans', level: 3 },
        });
    expect(JSON.stringify(body)).to.not.include(callerNumber);
  });

  it('says it in plain words, with names, and leads from the list to the story and back', async () => {
    await open('en');
    const { page } = admin;
    const rows = page.locator('tr[data-offer]');
    expect(await rows.count()).to.equal(2);
    await rows.nth(1).locator('a').click();
    const why = page.locator('.why');
    await why.waitFor();
    for (const text of [
      `Why ${agentNames[0]}?`,
      '2 agents were free',
      'Longest idle.',
      'number 1 of 1 waiting in “Loans and credit”',
      `${agentNames[1]} would have been asked if idle for`,
      'Lack a skill or its level',
      agentNames[2]!,
      'Belong to a later tier',
      'Valentina Crosetti',
      'No answer',
    ])
      await until(`it says ${text}`, async () => (await why.innerText()).includes(text));
    expect(await why.locator('[data-demand]').innerText()).to.equal('loans\u00a0≥\u00a03');
    expect(await why.locator('tr.is-chosen').getAttribute('data-candidate')).to.equal('101');
    expect(await why.locator('tr.is-chosen').innerText()).to.match(/idle for [\d.]+\s(ms|s)/);
    const kinds = await page
      .locator('.timeline .step')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-step')));
    const { body } = await live.request(admin.context, 'GET', `/api/contacts/${contactId}/story`);
    expect(kinds).to.deep.equal((body as ContactStory).steps.map(({ kind }) => kind));
    // The other offer of the same contact, from the time line.
    await page.locator('.step-why').last().click();
    await until('the second offer is shown', async () =>
      (await why.innerText()).includes(`Why ${agentNames[1]}?`),
    );
    await page.locator('.head-actions a').click();
    await rows.first().waitFor();
    expect(admin.errors).to.deep.equal([]);
  });

  it('filters by agent, queue and time, and forgets it again', async () => {
    await open('en');
    const { page } = admin;
    const rows = page.locator('tr[data-offer]');
    const asked = () =>
      rows.evaluateAll((all) => all.map((row) => row.querySelectorAll('td')[2]?.textContent));
    const become = (what: string, expected: string[]) =>
      until(what, async () => JSON.stringify(await asked()) === JSON.stringify(expected));
    await page.selectOption('#filter-agentId', '101');
    await become('only the offer to 101 is left', [agentNames[0]!]);
    await page.selectOption('#filter-queueId', 'loans');
    await become('it is of that queue', [agentNames[0]!]);
    await page.fill('#filter-from', '2099-01-01T00:00');
    await become('nothing is that new', []);
    await page.locator('.filters button').click();
    await become('both are back', [agentNames[1]!, agentNames[0]!]);
    await page.fill('#filter-to', '2001-01-01T00:00');
    await become('nothing is that old', []);
    await page.locator('.filters button').click();
    await rows.first().waitFor();
  });

  it('is reached from the lists of contacts and recordings', async () => {
    const { page } = admin;
    for (const id of ['contacts', 'recordings']) {
      await visit(page, id);
      await page.locator('.why-link').first().click();
      await page.locator('.why').waitFor();
      expect(new URL(page.url()).hash).to.equal(`#/decisions?contact=${contactId}`);
      await until('it shows who answered', async () =>
        (await page.locator('.why').innerText()).includes(`Why ${agentNames[1]}?`),
      );
    }
  });

  it('tells of a contact that nobody was asked for', async () => {
    const { page } = admin;
    await page.goto(`${live.url}/?lang=en#/decisions?contact=${givenUpId}`);
    const body = page.locator('.decision-body');
    for (const text of [
      'No agent was asked.',
      'Entered “Loans and credit” at place 1',
      'priority 2',
      'After 2 s asks for less: loans ≥ 3, up to tier 2',
      'The caller left',
    ])
      await until(`it says ${text}`, async () =>
        (await body.innerText()).replaceAll('\u00a0', ' ').includes(text),
      );
  });

  it('says so where there is no such contact', async () => {
    await admin.page.goto(`${live.url}/?lang=en#/decisions?contact=nobody`);
    await until('it is told', async () =>
      (await admin.page.locator('.notice-bad').innerText()).includes('no such thing'),
    );
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}, and no English is left in the others`, async () => {
      await open(language);
      const { page } = admin;
      const folder = process.env['HEARTHLINE_PICTURES'];
      const look = async (name: string) => {
        for (const size of sizes) {
          await page.setViewportSize(size);
          expect(await findOverflow(page), `${name} ${size.width}`).to.deep.equal([]);
          if (folder) await page.screenshot({ path: `${folder}/${name}-${language}-${size.width}.png` });
        }
      };
      await look('decisions');
      for (const index of [1, 0]) {
        await page.locator('tr[data-offer] a').nth(index).click();
        await page.locator('.why').waitFor();
        await look(`decision-${index}`);
        const said = await page.locator('.decision-body').innerText();
        if (language !== 'en')
          expect(said).to.not.match(/\b(would|waiting|asked|offered|answered|tier|idle|Ready)\b/i);
        await page.locator('.head-actions a').click();
        await page.locator('tr[data-offer]').first().waitFor();
      }
      for (const id of ['contacts', 'recordings']) {
        await visit(page, id);
        await page.locator('.why-link').first().waitFor();
        await look(`why-${id}`);
      }
      await visit(page, 'decisions');
    });
});
