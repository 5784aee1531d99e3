/**
 * A member that does nothing but what the launcher looks at: it takes its
 * settings, answers /livez, /readyz and /health, and ends at SIGTERM. Its
 * first argument is the kind; FAKE_FAULT=order-2:breaks makes one misbehave:
 * breaks (exits at once), deaf (ignores SIGTERM), lost (is never ready).
 */
import { createServer, type ServerResponse } from "node:http";
import { type MemberKind, readSettings } from "../../../shared/member/config.ts";

const [kind, ...flags] = process.argv.slice(2);
const settings = readSettings(kind as MemberKind, process.env, flags);
const [faulty, fault] = (process.env.FAKE_FAULT ?? "").split(":");
const isFaulty = (name: string) => faulty === `${kind}-${settings.id}` && fault === name;

const { cacheSize, orderQuorum } = settings;
process.stdout.write(`cache ${cacheSize}, quorum ${orderQuorum}\n`);
if (isFaulty("breaks")) {
  process.stderr.write("this is why\n");
  process.exit(1);
}
process.on("SIGTERM", () => {
  if (!isFaulty("deaf")) process.exit(0);
});

function answer(path: string, response: ServerResponse): void {
  if (path.startsWith("/readyz") && isFaulty("lost")) {
    response.writeHead(503).end("no leader");
  } else if (path === "/health") {
    response.end(JSON.stringify({ role: settings.id === 3 ? "leader" : "follower" }));
  } else {
    response.end("{}");
  }
}

for (const port of new Set([settings.port, settings.internalPort])) {
  createServer((request, response) => answer(request.url ?? "", response))
    .listen(port, settings.host);
}
