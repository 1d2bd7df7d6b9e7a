/** What boards know of the site in force: its channels, the teams of its agents, and whether a wall may name them. */
import { expect } from 'chai';
import { ActiveSite } from '../../../../server/app/active-site.ts';
import { boardSite } from '../../../../server/compose/boards.ts';
import { siteSchema } from '../../../../server/contract/site.ts';

const webhook = {
  id: 'app',
  name: 'App',
  queue: 'main',
  url: 'https://app.example/hook',
  secret: 'app-secret',
};

describe('site of the boards', () => {
  const active = new ActiveSite();
  const site = boardSite(active);
  const inForce = (more: object) =>
    active.replace({ site: siteSchema.parse({ site: { name: 'Bank' }, ...more }), version: 1, yaml: '' });

  it('lists the channels that have a way in, as the site in force has them', () => {
    inForce({});
    expect(site.channels()).to.deep.equal([]);
    inForce({ numbers: [{ number: '700', queue: 'main' }], webhooks: [webhook] });
    expect(site.channels()).to.deep.equal(['voice', 'chat']);
    inForce({ webhooks: [{ ...webhook, work: 'mail' }] });
    expect(site.channels()).to.deep.equal(['mail']);
  });

  it('knows the teams of agents, and names agents only where the site says so', () => {
    const teams = [{ id: 'red', name: 'Red' }];
    inForce({
      teams,
      agents: [
        { id: '101', name: 'Ada', team: 'red' },
        { id: '102', name: 'Bo' },
      ],
    });
    expect(['101', '102', '103'].map((id) => site.agentTeam(id))).to.deep.equal([
      'red',
      undefined,
      undefined,
    ]);
    expect(site.showsAgentNames()).to.equal(false);
    inForce({ displays: { agentNames: true } });
    expect(site.showsAgentNames()).to.equal(true);
  });
});
