/** Which bodies are taken. */
import { AppError } from "../errors.ts";

const UTF8 = new Set(["utf-8", '"utf-8"', "utf8", '"utf8"']);

/** @throws unsupported_media_type unless it is JSON in UTF-8; none at all is taken for JSON */
export function checkMediaType(value: string | undefined): void {
  if (value === undefined || value === "application/json") return;
  const [type = "", ...parameters] = value.toLowerCase().split(";");
  const known = parameters.every((parameter) => {
    const [name = "", text = ""] = parameter.trim().split("=");
    return name !== "charset" || UTF8.has(text);
  });
  if (type.trim() === "application/json" && known) return;
  throw new AppError("unsupported_media_type", "The body must be application/json in UTF-8");
}
