/** Reads a syslog message strictly by the grammar of RFC 5424 §6; whatever does not fit throws. */
export interface SyslogMessage {
  facility: number;
  severity: number;
  /** ms UTC */
  at: number;
  hostname: string;
  appName: string;
  processId: string;
  messageId: string;
  /** By SD-ID. */
  data: Record<string, Record<string, string>>;
  text: string;
}

const printable = (max: number) => `[!-~]{1,${max}}`;
const header = new RegExp(
  `^<(0|[1-9]\\d{0,2})>1 (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?(?:Z|[+-]\\d\\d:\\d\\d)) ` +
    `(${printable(255)}) (${printable(48)}) (${printable(128)}) (${printable(32)}) `,
);
const sdName = /[!#-<>-\\^-~]{1,32}/y;

class Reader {
  readonly text: string;
  at = 0;
  constructor(text: string) {
    this.text = text;
  }
  take(expected: string): void {
    if (!this.text.startsWith(expected, this.at))
      throw new Error(`expected ${JSON.stringify(expected)} at ${this.at} of ${this.text}`);
    this.at += expected.length;
  }
  is(expected: string): boolean {
    return this.text.startsWith(expected, this.at);
  }
  name(): string {
    sdName.lastIndex = this.at;
    const [found] = sdName.exec(this.text) ?? [];
    if (found === undefined) throw new Error(`expected a name at ${this.at} of ${this.text}`);
    this.at += found.length;
    return found;
  }
  value(): string {
    let value = '';
    for (;;) {
      const sign = this.text[this.at];
      if (sign === undefined || sign === ']')
        throw new Error(`a value is not escaped or does not end: ${this.text}`);
      if (sign === '"') return value;
      const next = this.text[this.at + 1];
      const isEscape = sign === '\\' && (next === '"' || next === '\\' || next === ']');
      value += isEscape ? next : sign;
      this.at += isEscape ? 2 : 1;
    }
  }
}

function readData(reader: Reader): SyslogMessage['data'] {
  const data: SyslogMessage['data'] = {};
  if (reader.is('-')) {
    reader.take('-');
    return data;
  }
  do {
    reader.take('[');
    const id = reader.name();
    if (id in data) throw new Error(`the element ${id} comes twice`);
    if (!/^(meta|origin|timeQuality)$/.test(id) && !/^[^@]+@\d+(\.\d+)*$/.test(id))
      throw new Error(`${id} is no SD-ID`);
    const params: Record<string, string> = {};
    while (reader.is(' ')) {
      reader.take(' ');
      const name = reader.name();
      reader.take('="');
      params[name] = reader.value();
      reader.take('"');
    }
    reader.take(']');
    data[id] = params;
  } while (reader.is('['));
  return data;
}

export function readSyslog(bytes: Buffer): SyslogMessage {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const match = header.exec(text);
  if (!match) throw new Error(`this is no header: ${text.slice(0, 200)}`);
  const [whole, priority, time, hostname, appName, processId, messageId] = match as unknown as string[];
  if (Number(priority) > 191) throw new Error(`there is no priority ${priority}`);
  const reader = new Reader(text);
  reader.at = whole!.length;
  const data = readData(reader);
  if (reader.at < text.length) reader.take(' ');
  return {
    facility: Math.floor(Number(priority) / 8),
    severity: Number(priority) % 8,
    at: Date.parse(time!),
    hostname: hostname!,
    appName: appName!,
    processId: processId!,
    messageId: messageId!,
    data,
    text: text.slice(reader.at),
  };
}
