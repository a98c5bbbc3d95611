import {
  ATTR_DISK_IO_DIRECTION,
  DISK_IO_DIRECTION_VALUE_READ,
  DISK_IO_DIRECTION_VALUE_WRITE,
} from '@opentelemetry/semantic-conventions/incubating';
import type { DiskMetric } from './metric.ts';

/** Use of one block device by one unit. */
export const DISK_METRICS: readonly DiskMetric[] = [
  {
    name: 'unitledger.unit.disk.io',
    level: 'disk',
    instrument: 'counter',
    unit: 'By',
    valueType: 'int',
    description:
      'Bytes that the unit read from and wrote to the device, including write-back from the page cache (not on ' +
      'cgroup v1). A stacked device and the devices below it each count the same bytes. Devices beyond 16: `other`.',
    source: 'cgroup-v2 io.stat rbytes, wbytes; v1 blkio.throttle.io_service_bytes_recursive',
    series: [
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_READ },
        read: (disk) => disk.readBytes,
      },
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_WRITE },
        read: (disk) => disk.writeBytes,
      },
    ],
  },
  {
    name: 'unitledger.unit.disk.operations',
    level: 'disk',
    instrument: 'counter',
    unit: '{operation}',
    valueType: 'int',
    description: 'Read and write operations of the unit on the device.',
    source: 'cgroup-v2 io.stat rios, wios; v1 blkio.throttle.io_serviced_recursive',
    series: [
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_READ },
        read: (disk) => disk.readOperations,
      },
      {
        attributes: { [ATTR_DISK_IO_DIRECTION]: DISK_IO_DIRECTION_VALUE_WRITE },
        read: (disk) => disk.writeOperations,
      },
    ],
  },
];
