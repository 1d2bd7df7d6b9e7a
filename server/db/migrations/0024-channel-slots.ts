/**
 * Quarters of an hour by channel alone: what is asked of the whole site or of a channel is a sum of some thousand rows a month
 * then, instead of hundreds of thousands. A month of it is so small that the table has no parts. Rows of before are the sums
 * of those by queue.
 */
import { slotColumns, slotCounts } from './0018-figures.ts';

const names = slotCounts.join(', ');
const sums = slotCounts.map((name) => `sum(${name})`).join(', ');

export const channelSlotsMigration = {
  name: '0024-channel-slots',
  up: `
    create table channel_slots (
      attribution text not null check (attribution in ('event', 'arrival')),
      slot timestamptz not null,
      channel text not null check (channel <> ''),
      ${slotColumns(slotCounts)},
      longest_wait_ms bigint not null default 0,
      primary key (attribution, slot, channel)
    );
    insert into channel_slots (attribution, slot, channel, ${names}, longest_wait_ms)
      select attribution, slot, channel, ${sums}, max(longest_wait_ms)
      from queue_slots where channel <> '' group by 1, 2, 3 order by 1, 2;`,
  down: `drop table channel_slots;`,
};
