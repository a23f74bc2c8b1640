// A turn is what a run's events add up to.

import { type Measured, measuredIn } from "./curves.js";
import type { Reader } from "./follow.js";
import { Standing } from "./standing.js";
import { type Attached, LAST_WORDS, type OperationCall, type Problem, type Reply, type RunEvent, type View } from "./wire.js";

export interface Call {
  id: string;
  operation: string;
  arguments: Record<string, unknown>;
  state: "running" | "done" | "failed";
  /** Whether a model wrote the arguments: then they are seen nowhere else. */
  chosen: boolean;
  problem?: Problem;
}

export interface Turn extends Reader {
  question: string;
  /** Pictures, sounds and texts that came with the question. */
  attached: Attached[];
  /** The form that was run, where the question is one. */
  call: OperationCall | null;
  state: "sending" | "running" | "succeeded" | "failed" | "cancelled";
  standing: Standing;
  steps: Map<number, string>;
  /** What was answered, when the log's text is not at hand. */
  stored: string | null;
  calls: Call[];
  views: View[];
  model: { provider: string; model: string; demonstration: boolean } | null;
  tokens: number | null;
  /** Billionths of a dollar, as far as prices are known. */
  cost: number;
  progress: { fraction: number; message: string; measured: Measured[] } | null;
  notes: string[];
  problem: Problem | null;
  conversationId: string | null;
  /** The runs that answer the same message, oldest first. */
  answers: string[];
}

export function begin(question: string, call: OperationCall | null = null, attached: Attached[] = []): Turn {
  const turn: Turn = {
    question,
    attached,
    call,
    take: (event) => apply(turn, event),
    runId: null,
    seq: 0,
    state: "sending",
    standing: new Standing(),
    steps: new Map(),
    stored: null,
    calls: [],
    views: [],
    model: null,
    tokens: null,
    cost: 0,
    progress: null,
    notes: [],
    problem: null,
    conversationId: null,
    answers: [],
  };
  return turn;
}

export const ended = (turn: Turn): boolean => LAST_WORDS.includes(turn.state);

/** The answer's words so far. */
export function words(turn: Turn): string {
  const steps = [...turn.steps].sort(([a], [b]) => a - b);
  return steps.map(([, text]) => text).filter((text) => text.trim()).join("\n\n") || turn.stored || "";
}

/** The views that say more than the words do. */
export function drawings(turn: Turn): View[] {
  const said = words(turn);
  return turn.views.filter((view) => view.kind !== "text" || !said.includes(view.text.trim()));
}

function apply(turn: Turn, event: RunEvent): void {
  if (turn.state === "sending") turn.state = "running";
  const body = event.body;
  turn.standing.hear(body);
  switch (body.type) {
    case "text_delta":
      turn.steps.set(body.step, (turn.steps.get(body.step) ?? "") + body.text);
      break;
    case "step_retried":
      turn.steps.delete(body.step);
      turn.notes.push(`The answer was cut off and began again. ${body.reason}`);
      break;
    case "model_called":
      turn.model = { provider: body.provider, model: body.model, demonstration: turn.model?.demonstration ?? false };
      break;
    case "tool_called":
      turn.calls.push({
        id: body.call_id,
        operation: body.operation,
        arguments: body.arguments,
        state: "running",
        chosen: turn.model !== null,
      });
      break;
    case "tool_answered": {
      turn.progress = null;
      const call = turn.calls.find((one) => one.id === body.call_id);
      if (call) {
        call.state = body.problem ? "failed" : "done";
        if (body.problem) call.problem = body.problem;
      }
      break;
    }
    case "progress":
      turn.progress = { fraction: body.fraction, message: body.message, measured: [...(turn.progress?.measured ?? []), ...measuredIn(event)] };
      break;
    case "surface":
      turn.views.push(...body.views);
      break;
    case "handed_off":
      turn.notes.push(`${body.agent} has handed the conversation to ${body.to}. ${body.reason}`.trim());
      break;
    case "warning":
      turn.notes.push(body.message);
      break;
    case "succeeded":
      finish(turn, body.result as Reply);
      break;
    case "failed":
      turn.state = "failed";
      turn.problem = body.problem;
      break;
    case "cancelled":
      turn.state = "cancelled";
      break;
    case "model_answered":
      turn.cost += body.cost ?? 0;
      break;
    case "started":
    case "reasoning_delta":
    case "arguments_mended":
    case "compacted":
    case "input_required":
    case "approval_required":
    case "noted":
    case "artifact":
    case "cancel_requested":
    case "pause_requested":
    case "resume_requested":
    case "approved":
    case "rejected":
    case "input_provided":
    case "retry_scheduled":
    case "released":
      break;
    default:
      // A later server may know events that this page does not: they are no reason to stop reading.
      body satisfies never;
  }
  if (!ended(turn)) return;
  turn.progress = null;
  // What had not answered by the end never will.
  for (const call of turn.calls) if (call.state === "running") call.state = "failed";
}

function finish(turn: Turn, reply: Reply): void {
  turn.state = "succeeded";
  turn.stored = reply.response;
  turn.conversationId = reply.conversation_id;
  turn.tokens = reply.tokens_used ?? null;
  turn.model = { provider: reply.provider, model: reply.model, demonstration: reply.demonstration ?? false };
  if (!turn.views.length) turn.views = reply.views ?? [];
}
