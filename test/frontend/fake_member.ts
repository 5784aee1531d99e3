/** A member of the cluster that the test speaks for, on a real internal port. */
import { type TestContext } from "node:test";
import { AppError } from "../../shared/errors.ts";
import type { Exchange } from "../../shared/http/exchange.ts";
import { requireSecret } from "../../shared/cluster/require_secret.ts";
import { startHttpServer } from "../../shared/http/server.ts";
import { INTERNAL_BODY_BYTES_MAX } from "../../shared/limits.ts";
import type {
  LeaseRequest,
  LookupRequest,
  PlaceRequest,
  ReplicaHealth,
} from "../../shared/messages/messages.ts";

export const SECRET = "a-secret-of-the-tests";
export const BIRTH = "birth-of-the-tests";

/** What front-ends send. */
export type FakeBody = Partial<PlaceRequest & LookupRequest & LeaseRequest>;

export interface FakeMember {
  url: string;
  port: number;
  health: ReplicaHealth;
  asked: { path: string; body: FakeBody }[];
  /** By path; what is not here is 503. */
  answers: Record<string, (body: FakeBody) => unknown>;
  close(): Promise<void>;
}

const PATHS = ["/lease", "/lookups", "/lists", "/orders", "/orders/find", "/lead"];

/** A replica that leads its group in this term, or follows in term 0. */
export async function startFakeReplica(
  t: TestContext,
  id: number,
  term: number,
): Promise<FakeMember> {
  const asked: FakeMember["asked"] = [];
  const answers: FakeMember["answers"] = {};
  const health = healthOf(id, term);
  const server = await startHttpServer({
    routes: [
      ...PATHS.map((path) => ({
        method: "POST" as const,
        path,
        async handle(exchange: Exchange) {
          const body = (await exchange.json()) as FakeBody;
          asked.push({ path, body });
          const answer = answers[path];
          if (answer === undefined) throw new AppError("not_leader", "not here");
          exchange.send(200, ["Content-Type", "application/json"], JSON.stringify(answer(body)));
        },
      })),
      {
        method: "GET",
        path: "/health",
        handle(exchange) {
          const checksum = exchange.query === "" ? null : `sum-${exchange.query}`;
          const body = JSON.stringify({ ...health, checksum });
          exchange.send(200, ["Content-Type", "application/json"], body);
        },
      },
    ],
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: INTERNAL_BODY_BYTES_MAX,
    admit: requireSecret(SECRET, BIRTH),
    internal: true,
    onBug: (error) => {
      throw error;
    },
  });
  const close = (): Promise<void> => server.close();
  t.after(close);
  const { port } = server;
  return { url: `http://127.0.0.1:${port}`, port, health, asked, answers, close };
}

function healthOf(id: number, term: number): ReplicaHealth {
  return {
    id,
    state: "normal",
    role: term > 0 ? "leader" : "follower",
    term,
    leader: null,
    lastIndex: 20 - id,
    commitIndex: 18 - id,
    serving: term > 0,
    majority: true,
    leaseMs: 0,
    full: false,
    checksum: null,
    uptimeMs: 1_234.5,
    details: { orders: 9 },
  };
}
