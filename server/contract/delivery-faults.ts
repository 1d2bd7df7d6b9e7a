/**
 * Why a message of ours was given up, where we say so ourselves. It is kept as these words; a page says it in its own
 * language. What a relay or a connector said stands as it said it.
 */
export const deliveryFaults = {
  cameBack: 'the mail came back',
  badAddress: 'the address cannot be written to',
  noAddress: 'none of the addresses can be written to',
  noMailbox: 'its mailbox is not there any more',
  noMachineAnswer: 'no automatic answer may go to this mail',
  refusedFile: 'a file was refused by the rules for files',
  tooLarge: 'the files are larger than a mail may be',
  notComposed: 'the mail cannot be composed now',
  noAnswer: 'no answer in time',
  ownFault: 'a fault of ours',
} as const;

export type DeliveryFault = keyof typeof deliveryFaults;

/** `detail`: what was found, a status code. */
export const withDetail = (fault: DeliveryFault, detail: string): string =>
  `${deliveryFaults[fault]} (${detail})`;

/** Undefined: not one of ours. */
export function readDeliveryFault(text: string): { fault: DeliveryFault; detail?: string } | undefined {
  for (const [key, words] of Object.entries(deliveryFaults) as [DeliveryFault, string][]) {
    if (text === words) return { fault: key };
    if (text.startsWith(`${words} (`) && text.endsWith(')'))
      return { fault: key, detail: text.slice(words.length + 2, -1) };
  }
  return undefined;
}
