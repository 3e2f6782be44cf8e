// How much memory the process may have: from cgroups of both versions, nested ones and those of a container.

import test from 'ava';
import {readMemoryLimit, resolveMemoryMax} from '../../../src/gateway/shard/memory-limit.ts';

const gib = 1024 ** 3;

function limitOf(files: Readonly<Record<string, string>>): number {
  return readMemoryLimit((path) => files[path], 64 * gib);
}

test('without cgroups it is what the machine has', (t) => {
  t.is(limitOf({}), 64 * gib);
});

test('the least limit of a group of version 2 and of those above it counts', (t) => {
  const self = {'/proc/self/cgroup': '0::/rainbow.slice/gateway.service\n'};
  t.is(limitOf({...self, '/sys/fs/cgroup/rainbow.slice/gateway.service/memory.max': `${2 * gib}\n`}), 2 * gib);
  const above = {'/sys/fs/cgroup/rainbow.slice/memory.max': `${gib}\n`};
  t.is(limitOf({...self, ...above, '/sys/fs/cgroup/rainbow.slice/gateway.service/memory.max': 'max\n'}), gib);
});

test('in a container, which sees its own group as the root, the limit of the root counts', (t) => {
  t.is(limitOf({'/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '734003200\n'}), 734_003_200);
});

test('a group of version 1 counts, and its value for no limit does not', (t) => {
  const self = {'/proc/self/cgroup': '12:cpu,cpuacct:/a\n5:memory:/docker/f00\n'};
  t.is(limitOf({...self, '/sys/fs/cgroup/memory/memory.limit_in_bytes': '536870912\n'}), 536_870_912);
  const unlimited = '9223372036854771712\n';
  t.is(limitOf({...self, '/sys/fs/cgroup/memory/docker/f00/memory.limit_in_bytes': unlimited}), 64 * gib);
});

test('memory_max is what is configured, or a share of the limit', (t) => {
  t.is(resolveMemoryMax(12_345), 12_345);
  const share = resolveMemoryMax(0);
  t.true(share > 0 && share < readMemoryLimit());
});
