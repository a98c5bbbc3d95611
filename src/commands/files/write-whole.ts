import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

/**
 * Writes a file so that whoever reads it sees all of it or what was there before. What is no file (a pipe, `/dev/stdout`)
 * is written to. Throws as `node:fs` does.
 */
export function writeWhole(file: string, text: string): void {
  const place = placeOf(file);
  if (place === null) {
    writeFileSync(file, text);
    return;
  }
  const beside = `${place}.${process.pid}.part`;
  try {
    const descriptor = openSync(beside, 'wx');
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, place);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Where the file itself is, links followed; null where it is something else than a file. */
function placeOf(file: string): string | null {
  try {
    const place = realpathSync(file);
    return lstatSync(place).isFile() ? place : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return file;
  }
}
