/**
 * Media ports in hand: bound and waiting in the media engine, so that an INVITE can name one at once instead of after a
 * round trip. It may not outlive a connection: the engine takes back what was not used when its client goes.
 */
import type { MediaClient } from '../media/client.ts';
import type { ReservedPort } from '../media/protocol.ts';

const inHand = 48;
const refillBelow = 32;
/** Nothing was given although we asked: ports are scarce, and asking at every call would not help. */
const pauseMs = 1000;

export class PortReserve {
  private readonly media: MediaClient;
  private ports: ReservedPort[] = [];
  private isAsking = false;
  private askAgainAt = 0;

  constructor(media: MediaClient) {
    this.media = media;
    media.on('connected', () => {
      this.ports = [];
      this.refill();
    });
    media.on('disconnected', () => {
      this.ports = [];
      this.askAgainAt = 0;
    });
  }

  /** A port, of the given worker where there is one; undefined: ask the engine and wait. */
  take(worker?: number): ReservedPort | undefined {
    const index = worker === undefined ? 0 : this.ports.findIndex((p) => p.worker === worker);
    const [port] = index < 0 ? [] : this.ports.splice(index, 1);
    if (this.ports.length < refillBelow) this.refill();
    return port;
  }

  private refill(): void {
    if (this.isAsking || !this.media.isConnected || performance.now() < this.askAgainAt) return;
    this.isAsking = true;
    this.media
      .reserve(inHand - this.ports.length)
      .then((ports) => {
        if (ports.length === 0) this.askAgainAt = performance.now() + pauseMs;
        this.ports.push(...ports);
      })
      .catch(() => undefined)
      .finally(() => (this.isAsking = false));
  }
}
