// AG-UI's official client against one server: prints what it made of the events as one JSON object.
//
//     node agui.mjs http://127.0.0.1:8000/agui

import { HttpAgent } from "@ag-ui/client";

const [url] = process.argv.slice(2);
const location = { name: "get_location", description: "Where the person is.", parameters: { type: "object" } };
const said = (agent) => agent.messages.map((one) => [one.role, one.content ?? ""]);
const ask = (agent, content) => agent.addMessage({ id: crypto.randomUUID(), role: "user", content });

async function failure(agent, parameters) {
  try {
    await agent.runAgent(parameters);
  } catch (error) {
    return { status: error.status, code: error.payload?.code, field: error.payload?.metadata?.nis?.field };
  }
  return null;
}

// A turn, another that remembers it, and what the client has in the end.
const agent = new HttpAgent({ url, threadId: "node", initialState: { mine: 1 } });
const types = [];
ask(agent, "How many km is a mile?");
const first = await agent.runAgent(
  { runId: "r1", forwardedProps: { nis: { surfaces: true } } },
  { onEvent: ({ event }) => void types.push(event.type) },
);
ask(agent, "Hello");
await agent.runAgent({ runId: "r2" });
const turns = { result: first.result.response, types: [...new Set(types)], state: agent.state, roles: said(agent) };

// The same run again has the same messages: they are replaced, not doubled.
const again = new HttpAgent({ url, threadId: "node" });
again.addMessage(agent.messages.find((one) => one.role === "user"));
await again.runAgent({ runId: "r1" });

// A function of the client's: the run ends with the call, and the next one goes on with its answer.
const functions = new HttpAgent({ url, threadId: "node functions" });
ask(functions, "Where am I?");
let pending;
await functions.runAgent({ tools: [location] }, { onRunFinishedEvent: ({ event }) => void (pending = event.outcome) });
const [call] = functions.messages.flatMap((one) => one.toolCalls ?? []);
functions.addMessage({ id: "answer", role: "tool", toolCallId: call.id, content: "in Paris" });
const answered = await functions.runAgent({ tools: [location] });

// It is stopped as a person does: the client leaves, and asks for the run's end.
const stopped = new HttpAgent({ url, threadId: "node stopped" });
ask(stopped, "An endless story");
const running = stopped.runAgent({ runId: "r1", forwardedProps: { nis: { onDisconnect: "cancel" } } }, {
  onTextMessageContentEvent: () => stopped.abortRun(),
});
await running;

const wrong = new HttpAgent({ url, threadId: "node wrong" });
ask(wrong, "Hello");
console.log(
  JSON.stringify({
    turns,
    again: said(again),
    functions: { pending, call, said: said(functions), result: answered.result.response },
    failures: {
      model: await failure(wrong, { forwardedProps: { nis: { model: "nobody" } } }),
      tool: await failure(wrong, { tools: [{ name: "physics-convert_unit", description: "" }] }),
    },
  }),
);
