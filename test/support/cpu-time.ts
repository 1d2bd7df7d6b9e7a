/** What work costs in processor time of this process: other processes on a busy machine do not count, as they do in what a clock shows. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
