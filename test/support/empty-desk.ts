/** A house without text: no agent has a desk. For tests of everything else. */
import type { DeskPort } from '../../server/api/desk/port.ts';

const notYours = { refused: 'not-yours' };
export const emptyDesk: DeskPort = {
  customers: {
    of: async () => notYours,
    find: async () => notYours,
    choose: async () => notYours,
    link: async () => notYours,
    name: async () => notYours,
  },
  view: () => undefined,
  targets: () => ({ queues: [], agents: [] }),
  logIn: () => notYours,
  setState: () => notYours,
  answerOffer: () => notYours,
  thread: async () => undefined,
  send: async () => notYours,
  transfer: async () => notYours,
  close: async () => notYours,
  read: async () => notYours,
  typing: () => notYours,
  mayAttach: () => notYours,
  attach: async () => notYours,
  file: async () => undefined,
  html: async () => undefined,
  maxFileBytes: () => 1_000_000,
  listen: () => () => undefined,
  presence: () => undefined,
};
