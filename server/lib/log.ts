/**
 * Structured logs: pino JSON lines with a static message and fields (design §8).
 * Personal data may be logged under a field named `pii` only; it is redacted unless the operator
 * asked to see it, so that a log file can leave the building.
 */
import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What an error of the database carries along: the statement with its values, and the row that it is about. */
const withData = ['sql', 'parameters', 'parent', 'original', 'errors', 'fields', 'value', 'detail', 'where'];

/** An error as it is logged: its words and its code, without the data that it happened to. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { parent } = error as { parent?: { code?: unknown } };
  const code = parent?.code;
  const fields = Object.entries(pino.stdSerializers.err(error)).filter(([key]) => !withData.includes(key));
  return { ...Object.fromEntries(fields), ...(typeof code === 'string' && { code }) };
}

export interface LoggerOptions {
  /** Shows what stands under `pii`; for a fault hunt on the spot, never by default. */
  isPiiShown?: boolean;
  destination?: DestinationStream;
}

export function createLogger(name: string, level: LogLevel = 'info', options: LoggerOptions = {}): Logger {
  const settings = {
    name,
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorFields },
    ...(options.isPiiShown === true
      ? {}
      : { redact: { paths: ['pii', '*.pii', '*.*.pii', '*.*.*.pii'], censor: '[redacted]' } }),
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
