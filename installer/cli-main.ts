/** The `hearthline` command as a program of its own: what bin/hearthline of a release runs. */
import { runCli } from './cli.ts';
import { terminal } from './cli-io.ts';

process.exitCode = await runCli(process.argv.slice(2), terminal);
