/** Milliseconds of a core that `work` takes: unlike those of the clock, they say nothing of what else the machine does. */
export async function cpuTime(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
