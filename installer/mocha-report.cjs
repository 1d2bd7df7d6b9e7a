/**
 * Mocha's own readable report, and beside it one line a test in a file as each one ends: so that what a
 * hung or crashed run had done is known, and several runs can be summed.
 */
'use strict';
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

class CountedSpec extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.HEARTHLINE_TEST_REPORT;
    const note = (state, test, error) => {
      const title = typeof test?.fullTitle === 'function' ? test.fullTitle() : '';
      if (file) appendFileSync(file, `${JSON.stringify({ state, title, why: error?.message })}\n`);
    };
    runner.on('pass', (test) => note('passed', test));
    runner.on('fail', (test, error) => note('failed', test, error));
    runner.on('pending', (test) => note('skipped', test));
    runner.on('end', () => note('end'));
  }
}

module.exports = CountedSpec;
