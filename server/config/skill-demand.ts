/**
 * Skill demands as people write them: `loans >= 3 and (tax >= 2 or fraud)`. `>=` is the only comparison, since levels
 * only ever rise; a bare skill means level 1. Read by jsep, a small expression parser without dependencies, and
 * turned into what routing understands; everything else the parser would take is refused.
 */
import jsep from 'jsep';
import type { SkillDemand } from '../contract/decision.ts';

jsep.addBinaryOp('and', 2);
jsep.addBinaryOp('or', 1);

export interface SkillText {
  demand: SkillDemand;
  skills: string[];
}

const maxDepth = 60;

/** A demand, or a sentence that says what is wrong with the text. */
export function readSkillDemand(text: string): SkillText | string {
  let tree: jsep.Expression;
  try {
    tree = jsep(text);
  } catch (error) {
    return `cannot be read (${error instanceof Error ? error.message : String(error)}); write for example: loans >= 3 and (tax >= 2 or fraud >= 1)`;
  }
  const skills = new Set<string>();
  const demand = convert(tree, skills, 0);
  return typeof demand === 'string' ? demand : { demand, skills: [...skills] };
}

function convert(node: jsep.Expression, skills: Set<string>, depth: number): SkillDemand | string {
  if (depth > maxDepth) return 'is nested too deeply';
  if (isIdentifier(node)) return atLeast(node.name, 1, skills);
  if (node.type !== 'BinaryExpression') return 'may hold only skills, >=, and, or, and parentheses';
  const { operator, left, right } = node as jsep.BinaryExpression;
  if (operator === '>=') {
    const level: unknown = right.type === 'Literal' ? right['value'] : undefined;
    if (!isIdentifier(left) || typeof level !== 'number') return 'compares a skill with a number: loans >= 3';
    if (!Number.isInteger(level) || level < 1 || level > 10)
      return `asks for level ${level}; levels are 1 to 10`;
    return atLeast(left.name, level, skills);
  }
  if (operator !== 'and' && operator !== 'or') return `may not use "${operator}"; use >=, and, or`;
  const parts: SkillDemand[] = [];
  for (const side of [left, right]) {
    const part = convert(side, skills, depth + 1);
    if (typeof part === 'string') return part;
    parts.push(part);
  }
  return operator === 'and' ? { all: flat(parts, 'all') } : { any: flat(parts, 'any') };
}

const isIdentifier = (node: jsep.Expression): node is jsep.Identifier => node.type === 'Identifier';

function atLeast(skill: string, level: number, skills: Set<string>): SkillDemand {
  skills.add(skill);
  return { skill, level };
}

/** `a and b and c` is one list of three. */
const flat = (parts: SkillDemand[], word: 'all' | 'any'): SkillDemand[] =>
  parts.flatMap((part) => {
    if (word === 'all' && 'all' in part) return part.all;
    return word === 'any' && 'any' in part ? part.any : [part];
  });
