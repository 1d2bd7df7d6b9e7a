/**
 * Calls that the house makes of its own accord (S13): which trunk they go out by, and whom it may call. Nothing here, and no
 * call goes out; numbers are allowed by their beginning, and what is not allowed is refused at the form.
 */
import { z } from 'zod';
import { secretName } from './site-values.ts';
import { dialled, id, seconds } from './site-values.ts';

/** Of a trunk: where our own calls are sent, and how numbers are written there. */
export const outboundSchema = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/, 'a host name or an IPv4 address'),
  port: z.number().int().min(1).max(65_535).default(5060),
  transport: z.enum(['udp', 'tcp']).default('udp'),
  /** Digest credentials; the password is the file of that name in the secrets folder. */
  auth: z.strictObject({ user: z.string().min(1).max(80), secret: secretName }).optional(),
  /** `plus`: +39021234567. `digits`: 39021234567. `national`: as it is dialled within its country, 021234567. */
  numbers: z.enum(['plus', 'digits', 'national']).default('plus'),
  /** Dialled before every number. */
  prefix: z
    .string()
    .regex(/^[0-9*#]{0,10}$/, 'use digits, * and #')
    .default(''),
});

export const callbacksSchema = z.strictObject({
  /** The trunk that calls go out by; it needs `outbound`. */
  trunk: id,
  /** What customers see as the caller. */
  callerId: dialled,
  /** ISO 3166 code of the country that numbers without + are of. */
  country: z.string().regex(/^[A-Z]{2}$/, 'two capital letters, such as IT'),
  /** Beginnings of numbers that may be called, with +; premium-rate numbers never are. */
  allow: z
    .array(z.string().regex(/^\+[1-9]\d{0,14}$/, 'the beginning of a number, with +'))
    .min(1)
    .max(200),
  /** Beginnings that may not, though `allow` would have them. */
  refuse: z
    .array(z.string().regex(/^\+[1-9]\d{0,14}$/, 'the beginning of a number, with +'))
    .max(500)
    .default([]),
  /** When customers may be called; absent: whenever agents are ready. */
  hours: id.optional(),
  ringSec: seconds(120).min(10).default(40),
  /** How often a customer who is busy or does not answer is called in all. */
  tries: z.number().int().min(1).max(10).default(3),
  retryMin: z.number().int().min(1).max(1440).default(15),
  /** Requests for the same number within a day. */
  perNumberPerDay: z.number().int().min(1).max(100).default(5),
});
export type SiteCallbacks = z.infer<typeof callbacksSchema>;
export type SiteOutbound = z.infer<typeof outboundSchema>;
