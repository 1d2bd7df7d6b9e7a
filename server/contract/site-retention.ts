/** How long text and recordings are kept. What is not named is kept for ever; history and the audit trail are not meant. */
import { z } from 'zod';

const days = z.number().int().min(1).max(36_500);

export const retentionSchema = z.strictObject({
  /** Of conversations: from the end of the last contact of a thread. Messages, files, raw mails and who it was with go then. */
  textDays: days.optional(),
  /** Of mails as they came, those in quarantine included: from their arrival. */
  rawMailDays: days.optional(),
  /** Of recordings: from their end. The file and what lists of recordings have of it go together. */
  recordingDays: days.optional(),
});
export type SiteRetention = z.infer<typeof retentionSchema>;
