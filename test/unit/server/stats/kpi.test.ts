/** Each formula against the check values of the definitions. */
import { expect } from 'chai';
import {
  abandonmentRate,
  abandonmentRateExcludingShort,
  accountingGap,
  ahtMs,
  asaMs,
  averageHoldMs,
  averageTalkMs,
  averageWrapUpMs,
  contactsPerHour,
  erlangA,
  erlangB,
  erlangCAgents,
  erlangCAsaSec,
  erlangCServiceLevel,
  erlangCWaitProbability,
  holdTimeRatio,
  occupancyWithoutRinging,
  occupancyWithRinging,
  ronaRate,
  scheduledAgents,
  serviceLevelAbandonsIgnored,
  serviceLevelAbandonsNegative,
  serviceLevelAbandonsPositive,
  serviceLevelOnlyHandled,
  serviceLevelWithSwitches,
  utilisation,
} from '../../../../server/stats/kpi.ts';

describe('key figures', () => {
  it('tell the service-level variants apart: 70 answered in time, 10 abandoned in time, 20 over, of 100', () => {
    const counts = { answeredInTarget: 70, abandonedInTarget: 10, serviceLevelOffered: 100 };
    expect(serviceLevelAbandonsIgnored(counts)).to.be.closeTo(0.778, 0.0005);
    expect(serviceLevelAbandonsNegative(counts)).to.equal(0.7);
    expect(serviceLevelAbandonsPositive(counts)).to.equal(0.8);
    expect(serviceLevelOnlyHandled({ answeredInTarget: 70, answered: 84 })).to.be.closeTo(0.8333, 0.0001);
  });

  it('switch flow-outs, short abandons and abandons in time in and out of the service level', () => {
    const counts = {
      answered: 80,
      answeredInTarget: 60,
      abandoned: 15,
      flowedOut: 5,
      shortAbandoned: 3,
      abandonedInTarget: 7,
    };
    expect(serviceLevelWithSwitches(counts)).to.equal(60 / 95);
    expect(serviceLevelWithSwitches({ ...counts, withFlowOuts: true })).to.equal(60 / 100);
    expect(serviceLevelWithSwitches({ ...counts, withoutShortAbandons: true })).to.equal(60 / 92);
    expect(serviceLevelWithSwitches({ ...counts, withoutAbandonsInTarget: true })).to.equal(60 / 88);
  });

  it('leave a figure out where there is nothing to divide by', () => {
    const none = { answeredInTarget: 0, abandonedInTarget: 5, serviceLevelOffered: 5 };
    expect(serviceLevelAbandonsIgnored(none)).to.equal(undefined);
    expect(asaMs({ answeredWaitMs: 0, answered: 0 })).to.equal(undefined);
    expect(ahtMs({ talkMs: 0, holdMs: 0, wrapUpMs: 0, handled: 0 })).to.equal(undefined);
    expect(abandonmentRate({ abandoned: 0, offered: 0 })).to.equal(undefined);
    expect(scheduledAgents(10, 1)).to.equal(undefined);
  });

  it('count abandonment with and without the short ones', () => {
    expect(abandonmentRate({ abandoned: 12, offered: 100 })).to.equal(0.12);
    expect(abandonmentRateExcludingShort({ abandoned: 12, offered: 100, shortAbandoned: 4 })).to.equal(
      8 / 96,
    );
  });

  it('average waits and handle times', () => {
    const times = { talkMs: 600_000, holdMs: 60_000, wrapUpMs: 120_000, handled: 4 };
    expect(asaMs({ answeredWaitMs: 50_000, answered: 5 })).to.equal(10_000);
    expect(ahtMs(times)).to.equal(195_000);
    expect(averageTalkMs(times)).to.equal(150_000);
    expect(averageHoldMs(times)).to.equal(15_000);
    expect(averageWrapUpMs(times)).to.equal(30_000);
    expect(holdTimeRatio(times)).to.equal(60 / 780);
    expect(contactsPerHour({ handled: 12, loggedInMs: 7_200_000 })).to.equal(6);
    expect(ronaRate({ rona: 3, offers: 60 })).to.equal(0.05);
  });

  it('state what occupancy does with ringing time', () => {
    const times = { talkMs: 30, holdMs: 10, wrapUpMs: 20, readyMs: 30, ringingMs: 10, loggedInMs: 120 };
    expect(occupancyWithoutRinging(times)).to.equal(60 / 90);
    expect(occupancyWithRinging(times)).to.equal(60 / 100);
    expect(utilisation(times)).to.equal(0.5);
  });

  it('find a gap in the accounting', () => {
    const sound = { offered: 10, waitingAtStart: 2, answered: 6, abandoned: 3, flowedOut: 1, waiting: 2 };
    expect(accountingGap(sound)).to.equal(0);
    expect(accountingGap({ ...sound, waiting: 1 })).to.equal(1);
  });
});

describe('Erlang', () => {
  it('C meets the check values', () => {
    const large = { arrivalsPerSec: 360 / 1800, ahtSec: 240, agents: 55 };
    expect(erlangCWaitProbability(large)).to.be.closeTo(0.2387, 0.00005);
    expect(erlangCServiceLevel(large, 15)).to.be.closeTo(0.8459, 0.00005);
    expect(erlangCAsaSec(large)).to.be.closeTo(8.18, 0.005);
    const small = { arrivalsPerSec: 100 / 1800, ahtSec: 180 };
    expect(erlangCServiceLevel({ ...small, agents: 13 }, 20)).to.be.closeTo(0.7956, 0.00005);
    expect(erlangCAsaSec({ ...small, agents: 13 })).to.be.closeTo(17.12, 0.005);
    expect(erlangCServiceLevel({ ...small, agents: 14 }, 20)).to.be.closeTo(0.8883, 0.0001);
    expect(erlangCAsaSec({ ...small, agents: 14 })).to.be.closeTo(7.84, 0.005);
  });

  it('C says so where the agents cannot keep up', () => {
    const over = { arrivalsPerSec: 1, ahtSec: 100, agents: 100 };
    expect(erlangCWaitProbability(over)).to.equal(1);
    expect(erlangCServiceLevel(over, 20)).to.equal(0);
    expect(erlangCAsaSec(over)).to.equal(undefined);
  });

  it('C finds the fewest agents that meet a target', () => {
    // 100 calls in half an hour of 180 s: 13 agents give 79.56 %, 14 give 88.83 % within 20 s.
    const calls = { arrivalsPerSec: 100 / 1800, ahtSec: 180 };
    expect(erlangCAgents(calls, 0.79, 20)).to.equal(13);
    expect(erlangCAgents(calls, 0.8, 20)).to.equal(14);
    expect(erlangCAgents(calls, 0.8883, 20)).to.equal(14);
    for (const share of [0.5, 0.7, 0.9, 0.99]) {
      const agents = erlangCAgents(calls, share, 20)!;
      expect(erlangCServiceLevel({ ...calls, agents }, 20)).to.be.at.least(share);
      expect(erlangCServiceLevel({ ...calls, agents: agents - 1 }, 20)).to.be.below(share);
    }
    expect(erlangCAgents({ arrivalsPerSec: 0, ahtSec: 180 }, 0.8, 20)).to.equal(0);
    expect(erlangCAgents({ arrivalsPerSec: 100, ahtSec: 600 }, 0.8, 20)).to.equal(undefined);
  });

  it('B agrees with the closed form, and with C by their known relation', () => {
    expect(erlangB(2, 3)).to.be.closeTo(8 / 6 / (1 + 2 + 2 + 8 / 6), 1e-12);
    const blocked = erlangB(48, 55);
    const waits = erlangCWaitProbability({ arrivalsPerSec: 0.2, ahtSec: 240, agents: 55 });
    expect(1 / blocked).to.be.closeTo((1 / erlangB(48, 54)) * (55 / 48) + 1, 1e-9);
    expect(waits).to.be.greaterThan(blocked);
    expect(erlangB(5000, 5000)).to.be.within(0, 1);
  });

  it('A meets the check value, and tends to C where callers are patient', () => {
    const staffing = { arrivalsPerSec: 100 / 1800, ahtSec: 180, agents: 11 };
    const a = erlangA({ ...staffing, meanPatienceSec: 120 });
    expect(a.waitProbability).to.be.closeTo(0.383, 0.0005);
    expect(a.abandonmentRate).to.be.closeTo(0.094, 0.0005);
    expect(a.meanWaitSec).to.be.closeTo(11.3, 0.05);
    expect(a.occupancy).to.be.closeTo((10 * (1 - 0.094)) / 11, 0.001);
    const patient = erlangA({ ...staffing, meanPatienceSec: 1e9 });
    expect(patient.waitProbability).to.be.closeTo(erlangCWaitProbability(staffing), 0.0001);
    expect(patient.meanWaitSec).to.be.closeTo(erlangCAsaSec(staffing) ?? 0, 0.05);
  });
});
