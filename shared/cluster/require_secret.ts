/** What an internal port asks of everybody who calls there. */
import { timingSafeEqual } from "node:crypto";
import { AppError } from "../errors.ts";
import type { Exchange } from "../http/exchange.ts";

/**
 * Lets in who knows the cluster's secret and speaks for this cluster, and has the answer name
 * the cluster: no other program that got a dead member's port answers like that.
 * @throws unauthorized, other_cluster
 */
export function requireSecret(secret: string, birth: string): (exchange: Exchange) => void {
  const expected = Buffer.from(`Bearer ${secret}`);
  const named = ["Store-Birth", birth];
  return (exchange) => {
    const given = Buffer.from(exchange.header("authorization") ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      // Its next guess, and what it pipelined behind this one, is not even read.
      exchange.hangUp();
      throw new AppError("unauthorized", "The cluster's secret is wanted here");
    }
    exchange.trust();
    if (exchange.header("store-birth") !== birth) {
      throw new AppError("other_cluster", "This message is for another cluster");
    }
    exchange.commonHeaders = named;
  };
}
