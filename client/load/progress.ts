/** A bar on stderr while a run goes on, for a person at a terminal; nothing for a pipe. */
import type { Progress } from "./run.ts";

const REDRAW_MS = 100;
const BAR_WIDTH = 24;
/** For a terminal that does not know its width, or says 0. */
const COLUMNS_DEFAULT = 80;
const ERASE_LINE = "\r\u001b[K";

export interface ProgressBar {
  /** Leaves the line empty. */
  close(): void;
}

export function startProgressBar(
  stream: NodeJS.WritableStream & { isTTY?: boolean; columns?: number },
  progress: () => Progress,
): ProgressBar {
  if (stream.isTTY !== true) return { close() {} };
  const draw = () => {
    const line = renderProgress(progress()).slice(0, (stream.columns || COLUMNS_DEFAULT) - 1);
    stream.write(`${ERASE_LINE}${line}`);
  };
  const timer = setInterval(draw, REDRAW_MS);
  return {
    close() {
      clearInterval(timer);
      stream.write(ERASE_LINE);
    },
  };
}

export function renderProgress({ phase, done, total, orders, errors }: Progress): string {
  const share = total === 0 ? 1 : done / total;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled);
  const of = phase === "buying" ? "look-ups" : "orders compared";
  const failed = errors > 0 ? `, ${errors} errors` : "";
  const percent = `${Math.floor(share * 100)} %`;
  return `${bar} ${percent}  ${done} of ${total} ${of}, ${orders} bought${failed}`;
}
