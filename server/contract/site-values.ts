/** The values that every part of the site model is made of, so that an id or a language is the same everywhere. */
import { z } from 'zod';

export const languages = ['en', 'ru', 'it'] as const;
export type Language = (typeof languages)[number];

export const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'use 1-40 letters, digits, dots, dashes or underscores');
export const name = z.string().trim().min(1).max(80);
export const language = z.enum(languages);
export const seconds = (max: number) => z.number().int().min(0).max(max);
export const dialled = z
  .string()
  .regex(/^\+?[0-9*#]{1,20}$/, 'use digits, * and #, with an optional leading +');
/** Dialled after *10. */
export const agentNumber = z
  .string()
  .regex(/^\d{1,10}$/, 'an agent number is 1-10 digits, dialled after *10');
/** IPv6 addresses in brackets. */
export const host = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$|^\[[0-9a-fA-F:]+\]$/, 'not a host');
export const port = z.number().int().min(1).max(65_535);
/** A file in the data directory's `secrets` folder. */
export const secretName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'use small letters, digits, dots and dashes');
