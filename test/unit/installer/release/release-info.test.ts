import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readReleaseInfo } from '../../../../installer/release/release-info.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const release = {
  product: 'hearthline',
  version: '0.1.0',
  commit: 'a'.repeat(40),
  committedAtSec: 1_790_000_000,
  node: '20.19.0',
  platform: 'linux',
  arch: 'x64',
  schema: '0023-covered-facts',
};

describe('what a release says of itself', () => {
  let dir: string;
  beforeEach(() => (dir = makeTempDir()));
  afterEach(() => removeTempDir(dir));
  const said = (info: object) => {
    writeFileSync(join(dir, 'release.json'), JSON.stringify(info));
    return readReleaseInfo(dir);
  };

  it('is read though a version to come says more than is known today', () => {
    expect(said({ ...release, channel: 'stable' })).to.deep.equal(release);
  });

  it('is refused where something is missing, or is another product’s', () => {
    expect(() => said({ ...release, commit: undefined })).to.throw('commit');
    expect(() => said({ ...release, product: 'another' })).to.throw('product');
  });
});
