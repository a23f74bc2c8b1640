// A2A's official client for Node against one server: prints what it got as one JSON object.
//
//     node a2a.mjs http://127.0.0.1:8000 JSONRPC|HTTP+JSON KEY [0.3]

import {
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from "@a2a-js/sdk/client";

const [base, binding, key, older] = process.argv.slice(2);
const fetchWithKey = (url, options = {}) => {
  const headers = new Headers(options.headers);
  headers.set("authorization", `Bearer ${key}`);
  return fetch(url, { ...options, headers });
};
const legacy = older ? { legacyCompat: { enabled: true } } : {};
const transports = [
  new JsonRpcTransportFactory({ fetchImpl: fetchWithKey, ...legacy }),
  new RestTransportFactory({ fetchImpl: fetchWithKey }),
];
const factory = new ClientFactory({ ...ClientFactoryOptions.default, transports, preferredTransports: [binding] });
let client;
if (older) {
  const card = await new DefaultAgentCardResolver({ fetchImpl: fetchWithKey }).resolve(base);
  const only = [{ url: `${base}/a2a`, protocolBinding: binding, protocolVersion: older, tenant: "" }];
  client = await factory.createFromAgentCard({ ...card, supportedInterfaces: only });
} else {
  client = await factory.createFromUrl(base);
}

const asked = (value) => ({
  message: { messageId: crypto.randomUUID(), role: 1, parts: [{ content: { $case: "text", value } }] },
});
const words = (task) =>
  task.artifacts
    .filter((one) => one.name === "answer")
    .flatMap((one) => one.parts.map((part) => part.content.value))
    .join("");

async function failure(asking) {
  try {
    await asking;
  } catch (error) {
    return error.constructor.name;
  }
  return null;
}

const plain = await client.sendMessage(asked("Convert 26.2 miles to kilometers"));
const events = [];
for await (const event of client.sendMessageStream(asked("Convert 26.2 miles to kilometers"))) events.push(event);
const kinds = events.map((event) => event.payload?.$case);
const found = await client.getTask({ id: plain.id });
const at = { taskId: plain.id };
const config = { ...at, id: "hook", url: "https://example.com/hook", token: "" };

const got = {
  version: client.protocolVersion,
  plain: words(plain),
  kinds,
  last: events.at(-1).payload.value.status.state,
  found: words(found),
  pushed: (await client.createTaskPushNotificationConfig(config)).id,
  listed: (await client.listTaskPushNotificationConfig({ ...at, pageSize: 0, pageToken: "" })).configs.map((one) => one.id),
  missing: await failure(client.getTask({ id: "run-none" })),
  ended: await failure(client.cancelTask({ id: plain.id })),
};
await client.deleteTaskPushNotificationConfig({ ...at, id: "hook" });
if (!older) {
  const listed = await client.listTasks({ contextId: plain.contextId, pageToken: "", status: 0, includeArtifacts: true });
  got.tasks = listed.tasks.map(words);
}
console.log(JSON.stringify(got));
