/** A minimal reader of RFC 4180, with `\n` as line end: an independent implementation of the format to test against. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (at >= text.length) throw new Error('a quoted field does not end');
        if (text[at] !== '"') field += text[at];
        else if (text[at + 1] === '"') field += text[++at];
        else break;
      }
      at++;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\n') {
        if (text[at] === '"') throw new Error('a quote in a field that is not quoted');
        field += text[at++];
      }
    }
    row.push(field);
    if (text[at] === '\n') {
      rows.push(row);
      row = [];
    } else if (text[at] !== ',') throw new Error(`neither a comma nor a line end at ${at}`);
    at++;
  }
  if (row.length > 0) throw new Error('the last line does not end');
  return rows;
}

/** The rows, by the names in the header row. */
export function csvRecords(text: string): Record<string, string>[] {
  const [header = [], ...rows] = readCsv(text);
  return rows.map((row) => {
    if (row.length !== header.length) throw new Error(`${row.length} fields under ${header.length} names`);
    return Object.fromEntries(row.map((field, at) => [header[at] as string, field]));
  });
}
