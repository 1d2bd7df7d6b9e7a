/** `list` of the media engine: which sessions there are, in step with the commands before it. */
import { expect } from 'chai';
import { MediaClient } from '../../../sip/media/client.ts';
import { startMediaEngine, stopLeftovers } from '../../support/media-engine.ts';

describe('media engine: the list of sessions', () => {
  after(() => stopLeftovers());

  it('names what is open and nothing that was closed, whoever closed it', async () => {
    const engine = await startMediaEngine({ workers: 2 });
    const [client, other] = [new MediaClient(), new MediaClient()];
    await client.connect(engine.controlPath);
    await other.connect(engine.controlPath);
    expect(await client.list()).to.deep.equal([]);
    // No answer is waited for: the list is in the order of the commands.
    const opened = ['a', 'b', 'c'].map((sessionId) => client.open({ sessionId }));
    expect((await client.list()).sort()).to.deep.equal(['a', 'b', 'c']);
    await Promise.all(opened);
    await client.bridge('a', 'b');
    await other.close('b');
    expect((await client.list()).sort()).to.deep.equal(['a', 'c']);
    await other.closeAll();
    expect(await client.list()).to.deep.equal([]);
    client.disconnect();
    other.disconnect();
    await engine.stop();
  });
});
