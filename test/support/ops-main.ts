/** The `hearthline` command as a process of its own, to be killed; the house is told by the environment. */
import { runCli } from '../../installer/cli.ts';
import { terminal } from '../../installer/cli-io.ts';

process.exitCode = await runCli(process.argv.slice(2), terminal);
