/** The legs in hand, by id, and how many calls each number and each trunk has in: told at once however many there are. */
import type { Leg } from './leg.ts';

export class LegTable extends Map<string, Leg> {
  private readonly inHand = new Map<string, number>();

  override set(legId: string, leg: Leg): this {
    this.delete(legId);
    for (const key of keysOf(leg)) this.inHand.set(key, (this.inHand.get(key) ?? 0) + 1);
    return super.set(legId, leg);
  }

  override delete(legId: string): boolean {
    const leg = this.get(legId);
    if (!leg) return false;
    for (const key of keysOf(leg)) {
      const left = this.inHand.get(key)! - 1;
      if (left > 0) this.inHand.set(key, left);
      else this.inHand.delete(key);
    }
    return super.delete(legId);
  }

  /** Incoming calls in hand that dialled `number`. */
  ofNumber(number: string): number {
    return this.inHand.get(`number:${number}`) ?? 0;
  }

  /** Calls in hand that use the trunk, both ways. */
  ofTrunk(trunkId: string): number {
    return this.inHand.get(`trunk:${trunkId}`) ?? 0;
  }
}

/** What a leg counts against; it never changes while the leg is in the table. */
function keysOf({ incoming, trunkId }: Leg): string[] {
  if (trunkId !== undefined) return [`trunk:${trunkId}`];
  if (!incoming) return [];
  const { dialled, source } = incoming;
  return [`number:${dialled}`, ...(source.kind === 'trunk' ? [`trunk:${source.trunkId}`] : [])];
}
