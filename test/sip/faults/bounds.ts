/** Bounds on how soon a killed process is back hold for the built product; from sources, tsx translates it first. */
const isBuilt = process.env['HEARTHLINE_TEST_DIST'] === '1';

export const backBound = (builtMs: number): number => (isBuilt ? builtMs : builtMs * 3);
