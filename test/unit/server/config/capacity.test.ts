/** Capacity and what keeps what away, from the site file to what the engine goes by. */
import { expect } from 'chai';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import { parseSite } from '../../../../server/config/site-file.ts';

const read = (routing: string, agent = '') =>
  parseSite(
    `site: { name: X }\nrouting: ${routing}\nnumbers: [{ number: 700, queue: q }]\nqueues: [{ id: q, name: Q }]\nagents: [{ id: 101, name: A, queues: [q], pin: 1111 ${agent} }]`,
  );
function engineSite(routing: string, agent?: string) {
  const result = read(routing, agent);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return toAcdSite(result.site, 1);
}
function faults(routing: string, agent?: string): string[] {
  const result = read(routing, agent);
  return 'faults' in result ? result.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe('capacity in the site file', () => {
  it('says nothing to the engine where the file says nothing', () => {
    expect(engineSite('{}')).not.to.have.property('blocks');
    expect(engineSite('{}').agents[0]).not.to.have.property('capacity');
  });

  it('is the agent’s own, channel by channel, else the site’s', () => {
    const { agents } = engineSite('{ capacity: { chat: 2, mail: 9 } }', ', capacity: { chat: 1, voice: 0 }');
    expect(agents[0]?.capacity).to.deep.equal({ chat: 1, mail: 9, voice: 0 });
    expect(engineSite('{ capacity: { chat: 2 } }').agents[0]?.capacity).to.deep.equal({ chat: 2 });
  });

  it('keeps away as usual what is not named', () => {
    expect(engineSite('{ blocks: { voice: [chat], mail: [voice] } }').blocks).to.deep.equal({
      voice: ['chat'],
      chat: ['voice'],
      mail: ['voice'],
    });
  });

  it('is refused where it cannot be', () => {
    for (const [routing, agent, where] of [
      ['{ capacity: { voice: 2 } }', '', 'routing.capacity.voice'],
      ['{ capacity: { chat: 101 } }', '', 'routing.capacity.chat'],
      ['{}', ', capacity: { chat: -1 }', 'agents[0].capacity.chat'],
      ['{}', ', capacity: { fax: 1 }', 'agents[0].capacity'],
      ['{ blocks: { voice: [voice] } }', '', 'routing.blocks.voice'],
      ['{ blocks: { voice: [fax] } }', '', 'routing.blocks.voice[0]'],
    ] as const)
      expect(faults(routing, agent).join('; '), where).to.include(where);
  });
});
