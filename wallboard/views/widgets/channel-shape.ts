/** A channel's shape on a wall, and the order in which they stand. */
import type { Channel } from '../../../server/contract/events.ts';

export const channelOrder: readonly Channel[] = ['voice', 'callback', 'chat', 'mail'];

export const channelPath: Record<Channel, string> = {
  voice: 'M6 1l3 5-2 2c1 2.200 2.800 4 5 5l2-2 5 3-1.500 4.500C11 19.500 .5 9 1.500 2.500z',
  callback: 'M10 3V0L16 5L10 10V7C6 7 4 9.500 4 13c0 1.500.5 3 1 4C2.500 15.500 1 13.500 1 11C1 6 5 3 10 3z',
  chat: 'M2 3h16v11h-8l-5 4v-4h-3z',
  mail: 'M1 4h18L10 11.500zM1 6.500L10 14l9-7.500V16H1z',
};
