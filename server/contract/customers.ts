/**
 * Customers' cards as an agent's page sees them. All routes need `desk.use` and are about a contact on the agent's own desk
 * (desk.ts); names and addresses are personal data: no display and no log sees this. Times are ms UTC.
 */
import { z } from 'zod';
import { channels } from './events.ts';
import { idSchema } from './rest.ts';

/** `mail`, `phone`, `chat` (the session of one who gave no address), or `connector:<id>` (what a messenger calls them). */
export const addressKindSchema = z.string().regex(/^(?:mail|phone|chat|connector:.{1,80})$/);

export const cardAddressSchema = z.object({
  kind: addressKindSchema,
  /** In its normal form: mail in small letters, domain in ASCII; phone as +39021234567 where it is a whole number. */
  value: z.string(),
});
export type CardAddress = z.infer<typeof cardAddressSchema>;

const count = z.number().int();

export const customerCardSchema = z.object({
  customerId: z.string(),
  name: z.string().optional(),
  /** Made by the house itself for an unknown address; nobody has said yet who it is. */
  isProvisional: z.boolean(),
  /** The oldest `addressesShown`. */
  addresses: z.array(cardAddressSchema),
  /** Of its contacts without the one that is asked about, the newest `contactsCounted`. */
  earlier: z.object({
    byChannel: z.partialRecord(z.enum(channels), count),
    lastAt: count.optional(),
  }),
});
export type CustomerCard = z.infer<typeof customerCardSchema>;
export const addressesShown = 20;
export const contactsCounted = 1000;

/**
 * `GET /api/desk/contacts/:id/customer` -> ContactCustomer. `none`: nothing is known of who it is (the number is withheld).
 * `one`: this card has the address, or an agent has said so for this contact. `several`: more than one card has it, and
 * nobody has said which.
 */
export const contactCustomerSchema = z.object({
  state: z.enum(['none', 'one', 'several']),
  /** What the contact came by. */
  addresses: z.array(cardAddressSchema),
  /** Of `one`. */
  customer: customerCardSchema.optional(),
  /** An agent has said that it is this one, for this contact. */
  isChosen: z.boolean(),
  /** Other cards with one of these addresses, `cardsFound` at most. */
  others: z.array(customerCardSchema),
});
export type ContactCustomer = z.infer<typeof contactCustomerSchema>;

/** Cards at most that one address may have, and that one answer has. */
export const cardsFound = 20;
/** Addresses at most that one card may have. */
export const addressesAtMost = 100;

/** `GET /api/desk/contacts/:id/customers?find=...` -> FoundCustomers: cards by a part of a name or of an address; a pattern of nothing. */
export const findCustomersSchema = z.strictObject({ find: z.string().trim().min(3).max(100) });
export const foundCustomersSchema = z.object({
  customers: z.array(customerCardSchema),
  /** There are more than `cardsFound`: ask for more letters. */
  isCut: z.boolean(),
});
export type FoundCustomers = z.infer<typeof foundCustomersSchema>;

/**
 * `POST /api/desk/contacts/:id/customer/choose` -> ContactCustomer: it is this one of several, for this contact alone. 409
 * `conflict`, details.reason `other-address` where the card has none of its addresses.
 * `POST .../customer/link` -> ContactCustomer: the addresses of this contact belong to that card from now on; a provisional card
 * loses them, and is gone when it has no other. 409: `already-so`, `too-many`.
 */
export const customerChoiceSchema = z.strictObject({ customerId: idSchema });

/** `POST /api/desk/contacts/:id/customer/name` -> ContactCustomer: who a provisional card is. 409: `already-known`. */
export const customerNameSchema = z.strictObject({
  customerId: idSchema,
  name: z.string().trim().min(1).max(120),
});
export type CustomerName = z.infer<typeof customerNameSchema>;
