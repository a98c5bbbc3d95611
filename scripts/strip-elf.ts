/** Of an ELF header of 64 bits, little-endian: where its fields lie, elf(5). */
const PROGRAM_HEADERS = { offset: 32, entrySize: 54, count: 56 };
const SECTION_HEADERS = { offset: 40, count: 60, names: 62 };
/** Of a program header: where its segment begins in the file, and its bytes there. */
const SEGMENT = { offset: 8, fileSize: 32 };

/**
 * A program without what only debuggers and linkers read: section headers, and the names of its own functions. What is
 * loaded stays, and with it the names that native libraries link by. As strip(1) would do, for any machine.
 *
 * @throws Error if it is no ELF program of 64 bits, little-endian.
 */
export function stripped(program: Buffer): Buffer {
  if (program.readUInt32BE(0) !== 0x7f454c46 || program[4] !== 2 || program[5] !== 1)
    throw new Error('not an ELF program of 64 bits, little-endian');
  const first = Number(program.readBigUInt64LE(PROGRAM_HEADERS.offset));
  const size = program.readUInt16LE(PROGRAM_HEADERS.entrySize);
  const count = program.readUInt16LE(PROGRAM_HEADERS.count);
  let end = first + size * count;
  for (let at = first; at < first + size * count; at += size) {
    const start = Number(program.readBigUInt64LE(at + SEGMENT.offset));
    end = Math.max(end, start + Number(program.readBigUInt64LE(at + SEGMENT.fileSize)));
  }
  const cut = Buffer.from(program.subarray(0, end));
  cut.writeBigUInt64LE(0n, SECTION_HEADERS.offset);
  cut.writeUInt16LE(0, SECTION_HEADERS.count);
  cut.writeUInt16LE(0, SECTION_HEADERS.names);
  return cut;
}
