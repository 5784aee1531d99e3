/** The audit as a person reads it, and as a program does. */
import type { Paint } from "../load/style.ts";
import type { Audited } from "./main.ts";

export function renderReport(audited: Audited, paint: Paint): string {
  const { subject, verdict, books } = audited;
  const lines = [subject, ""];
  for (const { name, promise, ok, evidence, findings, found, notes } of verdict.results) {
    const mark = ok ? paint("green", "PASS") : paint("red", "FAIL");
    lines.push(`${mark}  ${name.padEnd(11)}${promise}`);
    if (evidence !== "") lines.push(...indent(paint("dim", evidence)));
    for (const finding of findings) lines.push(...indent(finding));
    if (found > findings.length) lines.push(...indent(`and ${found - findings.length} more`));
    for (const note of notes) lines.push(...indent(paint("dim", `note: ${note}`)));
  }
  lines.push("");
  const failed = verdict.results.filter(({ ok }) => !ok).length;
  const sizes = books === null
    ? ""
    : ` ${books.orders} orders of ${books.products.length} products were looked at.`;
  if (failed === 0) lines.push(`All of it holds.${sizes}`);
  else lines.push(`${failed} of ${verdict.results.length} checks failed.${sizes}`);
  return `${lines.join("\n")}\n`;
}

function indent(text: string): string[] {
  return text.split("\n").map((line) => `      ${line}`);
}

export function toJson({ subject, verdict, books }: Audited): object {
  return { ok: verdict.ok, subject, checks: verdict.results, books };
}
