/** Where events for the SIEM go, in the site file: what is not named here is off and opens no connection. */
import { z } from 'zod';
import { host, port, secretName } from './site-values.ts';

export const syslogSchema = z
  .strictObject({
    host,
    /** Left out: 6514 over TLS (RFC 5425), 514 over UDP (RFC 5426), 601 over TCP. */
    port: port.optional(),
    transport: z.enum(['tls', 'tcp', 'udp']).default('tls'),
    /** An authority of the bank's own: a PEM file in the secrets folder. */
    ca: secretName.optional(),
    /** The name in the receiver's certificate, where it is not `host`. */
    serverName: z
      .string()
      .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/, 'not a host name')
      .optional(),
    /** What we show the receiver (RFC 5425 §4.2): PEM files in the secrets folder. */
    certificate: secretName.optional(),
    key: secretName.optional(),
    /** The bank's number at IANA, behind the `@` of structured data. */
    enterpriseId: z.number().int().min(1).max(4_294_967_295).default(32_473),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    path: ['key'],
    message: 'certificate and key: either both, or neither',
  })
  .refine(
    ({ transport, ca, certificate, serverName }) =>
      transport === 'tls' || (ca === undefined && certificate === undefined && serverName === undefined),
    { path: ['transport'], message: 'ca, certificate and serverName are for transport: tls' },
  );
export type SiteSyslog = z.infer<typeof syslogSchema>;

const usualPorts = { tls: 6514, tcp: 601, udp: 514 } as const;
export const syslogPort = ({ port: given, transport }: Pick<SiteSyslog, 'port' | 'transport'>): number =>
  given ?? usualPorts[transport];
