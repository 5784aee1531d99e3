/**
 * What the store says of itself: GET /leader, /status, /livez, /readyz and
 * /openapi.json. The owner knows the answers; that it is alive is seen
 * without asking it.
 */
import { createHash } from "node:crypto";
import { AppError } from "../../shared/errors.ts";
import { JSON_TYPE } from "../../shared/http/error_response.ts";
import type { Exchange } from "../../shared/http/exchange.ts";
import type { Owner } from "../../shared/threads/owner_threads.ts";
import { NO_STORE_JSON } from "./responses.ts";
import type { OrderLeader, Readiness } from "../owner_messages.ts";
import { matchesTag } from "./entity_tag.ts";
import { parseQuery, refuseQuery } from "./query.ts";

export interface MemberPagesOptions {
  owner: Pick<Owner, "ask" | "healthy">;
  /** This member has been told to stop. */
  isStopping: () => boolean;
  /** The text of /openapi.json. */
  openApi: () => string;
}

interface Kept {
  text: string;
  tag: string;
  headers: readonly string[];
}

export class MemberPages {
  readonly #options: MemberPagesOptions;
  /** Made when first asked for: it takes longer than most answers, and changes with the code. */
  #openApi: Kept | null = null;

  constructor(options: MemberPagesOptions) {
    this.#options = options;
  }

  async leader(exchange: Exchange): Promise<void> {
    const { id, term } = await this.#findLeader(exchange);
    exchange.send(200, NO_STORE_JSON, JSON.stringify({ data: { id, term } }));
  }

  /** The same in the words of a store that has none for terms. */
  async orderLeader(exchange: Exchange): Promise<void> {
    const { id } = await this.#findLeader(exchange);
    exchange.send(200, NO_STORE_JSON, JSON.stringify({ data: { order_leader: id } }));
  }

  /** @throws unavailable while there is none */
  async #findLeader(exchange: Exchange): Promise<OrderLeader> {
    refuseQuery(exchange.query);
    const leader = await this.#options.owner.ask<OrderLeader | null>("leader", null);
    if (leader !== null) return leader;
    throw new AppError("unavailable", "There is no order leader at the moment");
  }

  async status(exchange: Exchange): Promise<void> {
    refuseQuery(exchange.query);
    const status = await this.#options.owner.ask<object>("status", null);
    exchange.send(200, NO_STORE_JSON, JSON.stringify({ data: status }));
  }

  live(exchange: Exchange): void {
    refuseQuery(exchange.query);
    if (!this.#options.owner.healthy()) throw new AppError("unavailable", "The owner is stuck");
    exchange.send(200, NO_STORE_JSON, '{"data":"live"}');
  }

  async ready(exchange: Exchange): Promise<void> {
    const isVerbose = parseQuery(exchange.query, ["verbose"]).has("verbose");
    const checks = await this.#checks();
    const failed = checks.filter(({ ok }) => !ok);
    if (failed.length > 0) {
      const named = (isVerbose ? checks : failed).map(({ name, ok }) => {
        return `${name} ${ok ? "ok" : "failed"}`;
      });
      throw new AppError("unavailable", `Not ready: ${named.join(", ")}`);
    }
    const data = isVerbose ? { ready: true, checks } : "ready";
    exchange.send(200, NO_STORE_JSON, JSON.stringify({ data }));
  }

  openApi(exchange: Exchange): void {
    refuseQuery(exchange.query);
    this.#openApi ??= this.#makeOpenApi();
    const { text, tag, headers } = this.#openApi;
    const condition = exchange.header("if-none-match");
    const isKnown = condition !== undefined && matchesTag(condition, tag);
    exchange.sendReady(isKnown ? 304 : 200, headers, text);
  }

  #makeOpenApi(): Kept {
    const text = this.#options.openApi();
    const tag = `"${createHash("sha256").update(text).digest("base64url")}"`;
    const length = String(Buffer.byteLength(text));
    const headers = ["Content-Type", JSON_TYPE, "Cache-Control", "no-cache", "ETag", tag];
    return { text, tag, headers: [...headers, "Content-Length", length] };
  }

  async #checks(): Promise<{ name: string; ok: boolean }[]> {
    const { owner, isStopping } = this.#options;
    const healthy = owner.healthy();
    const { orderLeader, catalog } = healthy
      ? await owner.ask<Readiness>("ready", null)
      : { orderLeader: false, catalog: false };
    return [
      { name: "owner", ok: healthy },
      { name: "order leader", ok: orderLeader },
      { name: "catalog", ok: catalog },
      { name: "not stopping", ok: !isStopping() },
    ];
  }
}
