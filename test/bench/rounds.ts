/**
 * Two numbers measured one after the other compare two moments of a machine.
 * So everyone takes a turn in every round, A B A B, and what is compared are
 * medians over the rounds.
 */
export async function takeTurns<T>(
  players: readonly (() => Promise<T>)[],
  rounds: number,
): Promise<T[][]> {
  const results: T[][] = players.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [player, play] of players.entries()) results[player]?.push(await play());
  }
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Columns as wide as they need; all but the first to the right. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
