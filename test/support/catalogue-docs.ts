/**
 * Writes docs/events.md and docs/errors.md out of their catalogues, so that page and code cannot part. Run as a
 * program it writes the files; the test compares. The sentence of an event is the comment above it in the
 * catalogue; the few without one have theirs here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { z } from 'zod';
import { errorCatalogue } from '../../server/contract/errors.ts';
import { agentStates, eventBodies, systemReasons } from '../../server/contract/events.ts';

const root = new URL('../../', import.meta.url);
export const eventsPage = fileURLToPath(new URL('docs/events.md', root));
export const errorsPage = fileURLToPath(new URL('docs/errors.md', root));
const catalogueSource = fileURLToPath(new URL('server/contract/events.ts', root));

const sentences: Record<string, string> = {
  'contact.held': 'The customer is put on hold by the agent.',
  'contact.resumed': 'The customer is taken off hold again.',
  'agent.logged-out': 'The agent has left the phone, or was logged out by the system.',
  'phone.registered': 'A phone has a registration again after it had none.',
  'phone.unregistered': 'The last registration of a phone is gone.',
  'recording.started': 'Recording of a conversation begins.',
  'recording.completed': 'The recording is whole on disk; the checksum is that of the file.',
  'recording.failed': 'There is no recording of the conversation, or only a part of it.',
};

/** The comment right above `shape('type'` in the source. */
export function sentenceOf(type: string, source = readFileSync(catalogueSource, 'utf8')): string {
  const at = source.indexOf(`shape('${type}'`);
  const before = source.slice(0, Math.max(0, at)).trimEnd();
  const comment = before.endsWith('*/') ? before.slice(before.lastIndexOf('/**') + 3, -2) : '';
  const text = comment
    .split('\n')
    .map((line) => line.trim().replace(/^\* ?/, ''))
    .join(' ')
    .trim();
  return text === '' ? (sentences[type] ?? '') : text;
}

interface JsonSchema {
  type?: string;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  required?: string[];
  const?: string | number | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

function typeText(schema: JsonSchema): string {
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return parts.map(typeText).join(' or ');
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return schema.enum.map(String).join(', ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (schema.type === 'object') {
    if (!schema.properties && typeof schema.additionalProperties === 'object') {
      return `map of ${typeText(schema.additionalProperties)}`;
    }
    const required = new Set(schema.required);
    const fields = Object.entries(schema.properties ?? {}).map(
      ([name, inner]) => `${name}${required.has(name) ? '' : '?'}: ${typeText(inner)}`,
    );
    return `{ ${fields.join('; ')} }`;
  }
  return schema.type ?? 'anything';
}

function eventSection(body: (typeof eventBodies)[number]): string[] {
  const [type] = [...body.shape.type.values];
  if (type === undefined) throw new Error('an event without a type');
  const schema = z.toJSONSchema(body.shape.data) as JsonSchema;
  const fields = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required);
  return [
    `## ${type}`,
    '',
    sentenceOf(type),
    '',
    ...(fields.length === 0
      ? ['No fields of its own.']
      : [
          '| field | type | |',
          '| --- | --- | --- |',
          ...fields.map(
            ([name, inner]) =>
              `| \`${name}\` | ${typeText(inner)} | ${[required.has(name) ? '' : 'optional', name === 'pii' ? 'personal data' : ''].filter(Boolean).join(', ')} |`,
          ),
        ]),
    '',
  ];
}

export function renderEvents(): Promise<string> {
  const lines = [
    '# The event catalogue',
    '',
    'Written by `node --import tsx test/support/catalogue-docs.ts` from `server/contract/events.ts`; a test keeps the',
    'two equal. How events are stored and followed is in [event-log.md](event-log.md).',
    '',
    'Every event has `id`, `seq` (1, 2, 3 ... without a gap), `v` (1), `type`, `at` (ms UTC), where they apply',
    '`contactId`, `agentId` and `queueId`, and `data` with the fields below. Personal data sits only under `pii`.',
    '',
    `Agent states: ${agentStates.join(', ')}. Reasons that only the system sets: ${systemReasons.join(', ')}.`,
    '',
    ...eventBodies.flatMap(eventSection),
  ];
  return format(lines.join('\n'), { parser: 'markdown', printWidth: 110 });
}

export function renderErrors(): Promise<string> {
  const lines = [
    '# Error codes',
    '',
    'Written by `node --import tsx test/support/catalogue-docs.ts` from `server/contract/errors.ts`; a test keeps the',
    'two and the code equal. A refused request is answered with the status and a body that names the code; clients',
    'go by the code and never by the message.',
    '',
    '| code | status | meaning |',
    '| --- | --- | --- |',
    ...Object.entries(errorCatalogue).map(
      ([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`,
    ),
    '',
  ];
  return format(lines.join('\n'), { parser: 'markdown', printWidth: 110 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(eventsPage, await renderEvents());
  writeFileSync(errorsPage, await renderErrors());
}
