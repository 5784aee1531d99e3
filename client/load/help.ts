/** What --help prints: examples first, for whoever reads no further. */
import { CLIENTS_MAX, ITERATIONS_MAX, RATE_MAX } from "./limits.ts";
import { DEFAULT_URL } from "./options.ts";

export const HELP = `Examples
  npx tsx client/client.ts 0.4
  npx tsx client/client.ts 0.4 --clients 5 --rate 500 --slo 'order.p99<20ms,errors<1'

Looks up a random product and, if it is in stock, orders one of it with
probability p, again and again; at the end fetches every order it made and
compares it with what the store had acknowledged.

  client.ts <p>          chance of an order after a look-up, 0 to 1

Options
  --iterations N         look-ups of each client, 1 to ${ITERATIONS_MAX} (default 100)
  --clients N            buyers side by side, one connection each, 1 to ${CLIENTS_MAX} (default 1)
  --rate N               requests a second, all clients together, up to ${RATE_MAX}; times count
                         from when a request was planned (default: each client waits for its
                         answer and asks again at once)
  --seed N               repeats the choices of an earlier run (default: a new one, printed)
  --url URL[,URL…]       front-ends; when one dies it goes on with the next
                         (default ${DEFAULT_URL})
  --slo GOAL[,GOAL…]     goals: lookup, hit, miss, order or find with p50 to p99.9, max, mean
                         or errors, as 'order.p99<20ms'; or throughput, errors, gap,
                         as 'throughput>500', 'gap<1s'
  --json                 the result as JSON instead of a table
  --help                 this text

Control-C stops the buying, compares what was bought and prints what was measured.
NO_COLOR=1 switches colour off.

Exit codes
  0  every order is in the store as it was made, no request failed, every goal was met
  1  an order that does not match, a failed request, a missed goal, or no store there
  2  wrong use
`;
