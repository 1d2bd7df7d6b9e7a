import { expect } from 'chai';
import { describeSkills } from '../../../../server/acd/demand.ts';
import { readSkillDemand } from '../../../../server/config/skill-demand.ts';

const read = (text: string) => {
  const result = readSkillDemand(text);
  return typeof result === 'string' ? result : result.demand;
};

describe('a skill demand as text', () => {
  it('is read with and before or, with parentheses, and a bare skill as level 1', () => {
    expect(read('loans >= 3')).to.deep.equal({ skill: 'loans', level: 3 });
    expect(read('fraud')).to.deep.equal({ skill: 'fraud', level: 1 });
    expect(read('a and b >= 2 or c')).to.deep.equal({
      any: [
        {
          all: [
            { skill: 'a', level: 1 },
            { skill: 'b', level: 2 },
          ],
        },
        { skill: 'c', level: 1 },
      ],
    });
    expect(read('a and (b or c) and d')).to.deep.equal({
      all: [
        { skill: 'a', level: 1 },
        {
          any: [
            { skill: 'b', level: 1 },
            { skill: 'c', level: 1 },
          ],
        },
        { skill: 'd', level: 1 },
      ],
    });
  });

  it('names its skills, and is written back as it reads', () => {
    const result = readSkillDemand('loans>=3 and (tax >= 2 or fraud)');
    if (typeof result === 'string') throw new Error(result);
    expect(result.skills).to.deep.equal(['loans', 'tax', 'fraud']);
    expect(describeSkills(result.demand)).to.equal('loans >= 3 and (tax >= 2 or fraud >= 1)');
  });

  it('is refused with a sentence where it says anything else', () => {
    expect(read('loans >=')).to.match(/cannot be read/);
    expect(read('loans > 3')).to.equal('may not use ">"; use >=, and, or');
    expect(read('loans >= 11')).to.equal('asks for level 11; levels are 1 to 10');
    expect(read('loans >= 2.5')).to.equal('asks for level 2.5; levels are 1 to 10');
    expect(read('3 >= loans')).to.equal('compares a skill with a number: loans >= 3');
    expect(read('loans >= "3"')).to.equal('compares a skill with a number: loans >= 3');
    expect(read('alert(1)')).to.equal('may hold only skills, >=, and, or, and parentheses');
    expect(read('a, b')).to.be.a('string');
    expect(read('a.b')).to.be.a('string');
    expect(read('!a')).to.be.a('string');
    expect(read(Array.from({ length: 70 }, () => '(a or ').join('') + 'b' + ')'.repeat(70))).to.equal(
      'is nested too deeply',
    );
  });
});
