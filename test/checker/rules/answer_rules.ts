/** What must hold of every answer, whatever was asked: its form, and that it comes. */
import type { Evidence } from "../history_index.ts";
import type { Operation } from "../history.ts";
import type { Rule } from "../checker.ts";

/** A front-end says after five seconds at the latest that it does not know. */
export const ANSWER_MAX_MS = 6_000;

export const ANSWER_RULES: Readonly<Record<number, Rule>> = {
  30: { promise: "every answer is one that the contract knows", check: answersAreLegal },
  34: { promise: "who asks a front-end that runs is answered within 6 s", check: answeredInTime },
};

const LEGAL: Record<Operation["kind"], readonly number[]> = {
  order: [200, 404, 409, 422, 503],
  product: [200, 404, 503],
  list: [200, 503],
  find: [200, 404, 503],
  leader: [200, 503],
  admin: [200, 404, 409, 503],
};

function answersAreLegal({ history }: Evidence): string[] {
  return history.operations.flatMap((operation) => {
    const { kind, status, isOwnError, hasRetryAfter } = operation;
    if (status === 0) return [];
    if (!LEGAL[kind].includes(status)) return [`${kind}: status ${status}`];
    if (status === 200) return [];
    if (!isOwnError) return [`${kind}: status ${status} without a body that says why`];
    return status === 503 && !hasRetryAfter ? [`${kind}: a 503 without Retry-After`] : [];
  });
}

/** One that was killed or paused meanwhile may take longer: that is told by its fault. */
function answeredInTime({ history: { operations, faults } }: Evidence): string[] {
  const late = operations.filter(({ invokedMs, returnedMs }) =>
    returnedMs - invokedMs >= ANSWER_MAX_MS);
  return late.flatMap(({ kind, frontend, invokedMs, returnedMs }) => {
    const isExcused = faults.some(({ members, fromMs, toMs }) =>
      members.includes(`frontend ${frontend}`) && fromMs <= returnedMs && toMs >= invokedMs);
    if (isExcused) return [];
    return [`front-end ${frontend} gave no answer for ${Math.round(returnedMs - invokedMs)} ms: ` +
      `${kind}, asked at ${invokedMs.toFixed(1)} ms`];
  });
}
