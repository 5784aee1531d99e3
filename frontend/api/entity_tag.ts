/**
 * Entity tags (RFC 9110, 8.8.3). Strong: the same tag always means the same
 * bytes, because a tag names the version of what is shown, and a mark of the
 * store's birth, so that a store born anew never matches an old tag.
 */
import { crc32 } from "node:zlib";

export class EntityTags {
  readonly #mark: string;

  constructor(birth: string) {
    // Not the id itself: that is between the members.
    this.#mark = crc32(birth).toString(16).padStart(8, "0");
  }

  /** @param version index of the catalog row that last changed what is shown */
  of(version: number): string {
    return `"${this.#mark}-${version}"`;
  }

  /**
   * The versions that an If-Match header names, as RFC 9110 has it: compared strongly, so that
   * weak tags name none. Null for `*`, which takes each version.
   */
  versionsIn(header: string): number[] | null {
    if (header.trim() === "*") return null;
    return header.split(",").flatMap((part) => {
      const [, mark, version] = /^"([0-9a-f]{8})-(0|[1-9][0-9]{0,14})"$/.exec(part.trim()) ?? [];
      return mark === this.#mark ? [Number(version)] : [];
    });
  }
}

/** True when an If-None-Match header names this tag; compared weakly, as RFC 9110 has it. */
export function matchesTag(header: string, tag: string): boolean {
  if (header === tag || header.trim() === "*") return true;
  return header.split(",").some((part) => {
    const given = part.trim();
    return (given.startsWith("W/") ? given.slice(2) : given) === tag;
  });
}
