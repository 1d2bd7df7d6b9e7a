/** A house that takes something from everybody: for tests of everything else. */
import type { SenderCheck } from '../../server/app/text/block-list.ts';

export const nobodyBlocked: SenderCheck = { isBlocked: () => false };
