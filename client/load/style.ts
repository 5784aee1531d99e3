/** Colour where a person looks at a terminal, plain text everywhere else (no-color.org). */
import { styleText } from "node:util";

export type Tint = "bold" | "dim" | "green" | "red" | "yellow";
export type Paint = (tint: Tint, text: string) => string;

export function createPaint(
  stream: { isTTY?: boolean },
  environment: Record<string, string | undefined>,
): Paint {
  const colours = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
  return (tint, text) => (colours ? styleText(tint, text, { validateStream: false }) : text);
}
