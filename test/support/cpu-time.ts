/** Milliseconds of CPU that `work` takes. Unlike elapsed time, they do not depend on the machine's load. */
export async function cpuTime(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
