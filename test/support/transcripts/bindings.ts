// Remembers which value of ours stands for which recorded one. The first time a value made by the server is
// seen (tag, branch, Call-ID, transaction id ...) it is bound to ours; from then on the two must always
// appear in the same places, in both directions: two recorded values never share one of ours.
// Values that an endpoint or an app made are never bound to anything else: the engine must echo them.

export class MismatchError extends Error {}

export class Bindings {
  readonly #ours = new Map<string, string>();
  readonly #recorded = new Map<string, string>();
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #cseqOffsets = new Map<string, number>();
  #sent = '';
  #pattern: RegExp | null = null;

  /** `addresses`: recorded `ip:port` to ours. */
  constructor(addresses: ReadonlyMap<string, string>) {
    this.#addresses = addresses;
  }

  noteSent(recordedText: string): void {
    this.#sent += `\n${recordedText}`;
  }

  bind(what: string, recorded: string, ours: string): void {
    const bound = this.#ours.get(recorded);
    if (bound !== undefined) {
      if (bound !== ours)
        throw new MismatchError(`${what}: expected ${bound} (recorded ${recorded}), got ${ours}`);
      return;
    }
    if (recorded !== ours) {
      if (recorded === '' || ours === '')
        throw new MismatchError(`${what}: expected "${recorded}", got "${ours}"`);
      if (this.#sent.includes(recorded))
        throw new MismatchError(`${what}: must be echoed as ${recorded}, got ${ours}`);
    }
    const other = this.#recorded.get(ours);
    if (other !== undefined)
      throw new MismatchError(`${what}: ${ours} already stands for ${other}, not ${recorded}`);
    this.#ours.set(recorded, ours);
    this.#recorded.set(ours, recorded);
    this.#pattern = null;
  }

  /** Text in the recording's words to the same text in ours. */
  translate(text: string): string {
    this.#pattern ??= this.#buildPattern();
    return text.replace(
      this.#pattern,
      (found) => this.#addresses.get(found) ?? this.#ours.get(found) ?? found,
    );
  }

  /** The sequence numbers of one side of one call may start anywhere, but must step as recorded. */
  bindCseq(callId: string, recorded: number, ours: number): void {
    const offset = this.#cseqOffsets.get(callId);
    if (offset === undefined) this.#cseqOffsets.set(callId, ours - recorded);
    else if (offset !== ours - recorded) {
      throw new MismatchError(`CSeq: expected ${recorded + offset} (recorded ${recorded}), got ${ours}`);
    }
  }

  translateCseq(callId: string, recorded: number): number {
    return recorded + (this.#cseqOffsets.get(callId) ?? 0);
  }

  #buildPattern(): RegExp {
    const words = [...this.#ours]
      .filter(([recorded, ours]) => recorded !== ours)
      .map(([recorded]) => recorded);
    const all = [...words, ...this.#addresses.keys()].sort((a, b) => b.length - a.length);
    return new RegExp(all.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|') || '$^', 'g');
  }
}
