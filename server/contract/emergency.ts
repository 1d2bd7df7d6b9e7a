/** The emergency switch over HTTP. */
import { z } from 'zod';

/** Without `queueId`: the whole site. */
export const emergencyRequestSchema = z.strictObject({
  isOn: z.boolean(),
  queueId: z.string().min(1).max(40).optional(),
});

export interface EmergencyAnswer {
  isSiteOn: boolean;
  queueIds: string[];
}
