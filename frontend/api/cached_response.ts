/**
 * An answer as the cache holds it: the body and the headers of a hit stand
 * ready, so that a hit is a look, a clock and one write.
 */
import { JSON_TYPE } from "../../shared/http/error_response.ts";
import type { Exchange } from "../../shared/http/exchange.ts";
import { timing } from "./responses.ts";
import type { Outcome } from "../cache/read_through.ts";
import { matchesTag } from "./entity_tag.ts";

export interface KeptAnswer {
  readonly body: string;
  readonly tag: string;
  /** What does not depend on where it came from. Flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** The same with those of a hit. */
  readonly hitHeaders: string[];
}

/** What Cache-Status (RFC 9211) says of each way an answer was come by. */
const FORWARDED: Record<Outcome, string> = {
  stored: "fwd=miss; stored",
  fetched: "fwd=miss",
  collapsed: "fwd=miss; collapsed",
  bypassed: "fwd=bypass",
};

/** Makes and sends the kept answers of one front-end. */
export class KeptAnswers {
  /** As Cache-Status names this cache: `frontend-1`. */
  readonly #cache: string;

  constructor(cache: string) {
    this.#cache = cache;
  }

  /** @param more headers of this answer alone, flat */
  make(body: string, tag: string, more: readonly string[] = []): KeptAnswer {
    const headers = ["Content-Type", JSON_TYPE, "Cache-Control", "no-cache", "ETag", tag, ...more];
    const hit = ["Cache-Status", `${this.#cache}; hit`, "Server-Timing", "cache;desc=hit"];
    return { body, tag, headers, hitHeaders: [...headers, ...hit] };
  }

  sendHit(exchange: Exchange, answer: KeptAnswer): void {
    exchange.send(statusOf(exchange, answer), answer.hitHeaders, answer.body);
  }

  sendFetched(exchange: Exchange, answer: KeptAnswer, how: Outcome, durationMs: number): void {
    const headers = [...answer.headers, ...this.fetchedHeaders(how, durationMs)];
    exchange.send(statusOf(exchange, answer), headers, answer.body);
  }

  /** Where an answer, a refusal too, came from and how long that took. Flat. */
  fetchedHeaders(how: Outcome, durationMs: number): string[] {
    const status = `${this.#cache}; ${FORWARDED[how]}`;
    return ["Cache-Status", status, "Server-Timing", timing("catalog", durationMs)];
  }
}

/** A 304 goes out with the length of the 200 it stands for; node:http leaves the body off. */
function statusOf(exchange: Exchange, { tag }: KeptAnswer): 200 | 304 {
  const condition = exchange.header("if-none-match");
  return condition !== undefined && matchesTag(condition, tag) ? 304 : 200;
}
