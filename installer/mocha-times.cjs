/**
 * How long each test file takes, for the list that `npm test` ends with: root hooks, which mocha runs around every file of a
 * parallel run in the process that runs it. Wall time and processor time are counted from the end of the file before, so that
 * loading counts; processor time is of this process and of all that it started and that has ended.
 */
'use strict';
const { appendFileSync, readFileSync } = require('node:fs');

const ticksPerSec = 100;

/** Fields 14 to 17 of proc(5): user and system time, of itself and of the children that were waited for. */
function cpuSec() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSec;
}

let last = { at: 0, cpu: 0 };

exports.mochaHooks = {
  afterAll() {
    const report = process.env.HEARTHLINE_TEST_REPORT;
    const file = this.test.parent.suites[0]?.file;
    const now = { at: performance.now(), cpu: cpuSec() };
    if (report && file) {
      const [sec, cpu] = [(now.at - last.at) / 1000, now.cpu - last.cpu];
      appendFileSync(report, `${JSON.stringify({ state: 'file', title: file, sec, cpu })}\n`);
    }
    last = now;
  },
};
