/** What a command says, and where: answers to standard output, faults and progress to standard error. */
export interface CliIo {
  out(text: string): void;
  error(text: string): void;
}

export const terminal: CliIo = {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
};
