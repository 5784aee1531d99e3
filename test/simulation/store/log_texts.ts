/**
 * The log files of a group as far as they can be equal: a catalog drops rows
 * that its checkpoints hold, each replica when it gets to it. One that was
 * away for so long that nobody has the rows any more that it lacks, or that
 * would have to take the place of its own, stays behind
 * (shared/replication/DESIGN.md) and is not compared.
 */

/**
 * @param texts the whole of log.csv, by member
 * @returns what is to be equal, by member; who stays behind is missing
 */
export function comparable(texts: ReadonlyMap<string, string>): Map<string, string> {
  const logs = [...texts].map(([member, text]) => ({ member, rows: rowsOf(text) }));
  const latest = logs.reduce((one, other) => indexOf(other.rows) > indexOf(one.rows) ? other : one);
  const first = indexOf(latest.rows);
  const compared = new Map<string, string>();
  for (const { member, rows } of logs) {
    const own = rows.slice(Math.max(0, first - indexOf(rows)));
    if (first > 1 && own[0] !== latest.rows[0]) continue;
    compared.set(member, own.join("\n"));
  }
  return compared;
}

function rowsOf(text: string): string[] {
  const [, ...rows] = text.trimEnd().split("\n");
  return rows;
}

/** Of the first row; 0 when there is none. */
function indexOf([first]: readonly string[]): number {
  return first === undefined ? 0 : Number.parseInt(first, 10);
}
