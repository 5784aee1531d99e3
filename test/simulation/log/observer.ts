/**
 * Counts the branches of the replica that a run reaches, from what goes in
 * and what comes out. It changes nothing; a branch that is never counted was
 * never tested (coverage.ts).
 */
import type { Answer, Reply, Request } from "../../../shared/replication/core/messages.ts";
import type { Input, Output } from "../../../shared/replication/core/replica_state.ts";
import type { Counts } from "./coverage.ts";
import type { Fact } from "./judge.ts";
import type { Node } from "./node.ts";

/** What is remembered of a replica from one step to the next. */
interface Memory {
  campaign: object | null;
  isFetching: boolean;
  tailFirst: number;
  grantedTerm: number;
}

export class Observer {
  readonly counts: Counts;
  #memories: Memory[] = [];
  #cameFrom: Input["kind"] = "tick";

  constructor(counts: Counts) {
    this.counts = counts;
  }

  step(node: Node, input: Input, outputs: readonly Output[]): void {
    const memory = this.#memoryOf(node);
    this.#cameFrom = input.kind;
    if (input.kind === "answer") this.#countAnswer(node, input, outputs);
    else if (input.kind === "request") this.#countRequest(node, input.message, memory, outputs);
    for (let i = 0; i < outputs.length; i++) this.#countOutput(node, outputs[i]!, memory);
    this.#remember(node, memory);
  }

  #memoryOf(node: Node): Memory {
    let memory = this.#memories[node.id];
    if (memory === undefined) {
      memory = { campaign: null, isFetching: false, tailFirst: 0, grantedTerm: 0 };
      this.#memories[node.id] = memory;
    }
    return memory;
  }

  #remember({ state }: Node, memory: Memory): void {
    const { campaign, leading } = state;
    if (memory.isFetching && campaign === null) {
      memory.isFetching = false;
      if (leading === null) this.counts["voter's logs not fetched"]++;
      else this.counts["terms won with a voter's log"]++;
    }
    memory.campaign = campaign;
    if (campaign?.phase === "fetching") memory.isFetching = campaign.goal!.from !== state.config.id;
    const tailFirst = leading?.tailFirst ?? 0;
    if (memory.tailFirst > 0 && tailFirst > memory.tailFirst) this.counts["tails outgrown"]++;
    memory.tailFirst = tailFirst;
  }

  #countAnswer(node: Node, input: Input & { kind: "answer" }, outputs: readonly Output[]): void {
    const { question, answer } = input;
    const { counts } = this;
    if (answer === null) counts["answers that never came"]++;
    else if (question.term < node.state.term && outputs.length === 0)
      counts["late answers ignored"]++;
    else if (answer.kind === "log_page") this.#countPage(answer, outputs);
    else if (answer.kind === "checkpoint_page") this.#countPiece(answer, outputs);
    else if (answer.kind === "replicated" && answer.result === "behind")
      counts["followers found behind"]++;
  }

  #countPage(page: Answer & { kind: "log_page" }, outputs: readonly Output[]): void {
    const { counts } = this;
    if (page.result === "other_term") counts["pages of another term"]++;
    if (page.result === "conflict") {
      counts["pages of another log"]++;
      if (outputs.length > 0) counts["steps back to an older term"]++;
    }
    if (page.rows.length > 0 && outputs.length > 0) counts["pages fetched"]++;
  }

  #countPiece({ piece }: Answer & { kind: "checkpoint_page" }, outputs: readonly Output[]): void {
    const { counts } = this;
    if (outputs.some(({ kind }) => kind === "install")) counts["checkpoints taken"]++;
    const isBegunAgain = outputs.some((output) => {
      if (output.kind !== "ask" || output.question.kind !== "read_checkpoint") return false;
      return output.question.offset === 0;
    });
    if (piece !== null && isBegunAgain) counts["checkpoints begun again"]++;
  }

  #countRequest(
    node: Node,
    message: Request,
    memory: Memory,
    outputs: readonly Output[],
  ): void {
    const { counts } = this;
    const { campaign, leading } = node.state;
    if (message.kind === "lead") {
      if (leading !== null) counts["nominations of a leader"]++;
      else if (memory.campaign !== null && campaign === memory.campaign)
        counts["nominations joined"]++;
      else if (memory.campaign !== null && campaign !== null) counts["nominations begun anew"]++;
      if (message.handover !== null && campaign !== null) counts["hand-overs"]++;
    } else if (message.kind === "replicate") {
      const isNew = outputs.some(({ kind }) => kind === "append");
      if (message.rows.length > 0 && !isNew && message.term === node.state.term)
        counts["known rows again"]++;
    } else if (message.kind === "read_log" && leading !== null && message.reader !== node.id) {
      if (outputs.some(({ kind }) => kind === "ask")) counts["followers streamed again"]++;
    }
  }

  #countOutput(node: Node, output: Output, memory: Memory): void {
    if (output.kind === "reply") return this.#countReply(output.reply, memory);
    const { counts } = this;
    if (output.kind === "cut") {
      counts["suffixes cut"]++;
      if (node.pending.some(({ kind }) => kind === "append"))
        counts["suffixes cut on their way to disk"]++;
    } else if (output.kind === "stepped_down") {
      if (this.#cameFrom === "tick") counts["stepped down by lease"]++;
      else if (this.#cameFrom === "outranked") counts["stepped down by the service"]++;
      else counts["stepped down by a higher term"]++;
    } else if (output.kind === "confirmed") {
      counts[output.ok ? "confirmed" : "confirms refused"]++;
    }
  }

  #countReply(reply: Reply, memory: Memory): void {
    const { counts } = this;
    if (reply.kind === "replicated") {
      if (reply.recovery !== null) counts["answers of recovering replicas"]++;
      if (reply.result === "stale_term") counts["stale terms refused"]++;
    } else if (reply.kind === "voted") {
      if (!reply.granted) {
        counts[reply.leaseMs > 0 ? "votes refused by lease" : "votes refused by promise"]++;
      } else if (memory.grantedTerm === reply.term) counts["votes given again"]++;
    } else if (reply.kind === "led") {
      if (reply.result === "leader_alive") counts["nominees told of a live leader"]++;
      if (reply.result === "no_votes") counts["nominees without votes"]++;
    }
  }

  fact(node: Node, fact: Fact, nodes: readonly Node[]): void {
    const { counts } = this;
    if (fact.kind === "voted") this.#memoryOf(node).grantedTerm = fact.term;
    else if (fact.kind === "recovered") counts["recoveries ended"]++;
    else if (fact.kind === "opened") counts["terms opened"]++;
    else if (fact.kind === "won") this.#countWon(node, nodes);
    else if (fact.kind === "committed" && fact.to <= fact.from)
      counts["commits of one copy overruled"]++;
    else if (fact.kind === "committed") this.#countCommitted(node, fact.from);
    else if (fact.kind === "restarted") {
      this.#memories[node.id] = { ...this.#memoryOf(node), campaign: null, isFetching: false };
      if (node.disk.vote !== null) counts["restarts with a promise on disk"]++;
    }
  }

  #countWon(node: Node, nodes: readonly Node[]): void {
    const { counts } = this;
    counts["terms won"]++;
    for (const other of nodes) {
      if (other === node) continue;
      if (other.alive && other.state.leading !== null) counts["leaders beside an older one"]++;
      const logs = [node.state.log, other.state.log];
      const both = Math.min(...logs.map(({ lastIndex }) => lastIndex));
      if (logs.some(({ base }) => base.index > both)) continue;
      if (node.state.log.at(both).checksum !== other.state.log.at(both).checksum)
        counts["divergent uncommitted rows"]++;
    }
  }

  #countCommitted({ state }: Node, from: number): void {
    const { counts } = this;
    if (state.leading === null) counts["commits learned by followers"]++;
    else if (state.log.termAt(from + 1) < state.term)
      counts["older terms' rows committed by an opening row"]++;
  }
}
