import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';

import { availableCores, cgroupCores } from './cores.ts';

it.each([
  ['nothing is known', {}, Infinity],
  [
    'no limit',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' },
    Infinity,
  ],
  [
    'a container of version 2',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' },
    1.5,
  ],
  [
    'the tightest of a service and its slice',
    {
      '/proc/self/cgroup': '0::/system.slice/a.service\n',
      '/sys/fs/cgroup/system.slice/a.service/cpu.max': '800000 100000',
      '/sys/fs/cgroup/system.slice/cpu.max': '300000 100000',
      '/sys/fs/cgroup/cpu.max': 'max 100000',
    },
    3,
  ],
  [
    'version 1, whose group only the host knows by its name',
    {
      '/proc/self/cgroup': '12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/docker/abc\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    2,
  ],
  [
    'version 1 without a limit',
    {
      '/proc/self/cgroup': '4:cpu,cpuacct:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    Infinity,
  ],
  ['nonsense', { '/proc/self/cgroup': '0::/\n::\nx', '/sys/fs/cgroup/cpu.max': 'a b' }, Infinity],
] as const)('%s', (_, files: Readonly<Record<string, string>>, cores) => {
  expect(cgroupCores((file) => files[file])).toBe(cores);
});

it('is at least one here, and no more than there are', () => {
  expect(availableCores()).toBeGreaterThanOrEqual(1);
  expect(availableCores()).toBeLessThanOrEqual(availableParallelism());
});
