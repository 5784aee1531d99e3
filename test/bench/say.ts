/** What a benchmark says while it works: beside the table, so that this can be kept alone. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
