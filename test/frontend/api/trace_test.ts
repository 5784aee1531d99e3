/** Trace ids for the log, from a request or made. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { traceOf } from "../../../frontend/api/trace.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

function idsFor(value: string | undefined) {
  return traceOf({ header: () => value });
}

test("a valid traceparent is taken over, from later versions too", () => {
  for (const value of [`00-${TRACE}-${SPAN}-01`, `01-${TRACE}-${SPAN}-01-more`]) {
    assert.deepEqual(idsFor(value), { traceId: TRACE, spanId: SPAN });
  }
});

test("without a valid one the ids are made", () => {
  const none = "0".repeat(32);
  for (const value of [undefined, "", `ff-${TRACE}-${SPAN}-01`, `00-${none}-${SPAN}-01`, TRACE]) {
    const { traceId, spanId } = idsFor(value);
    assert.match(traceId, /^[0-9a-f]{32}$/);
    assert.match(spanId, /^[0-9a-f]{16}$/);
    assert.notEqual(traceId, TRACE);
    assert.notEqual(traceId, idsFor(value).traceId);
  }
});
