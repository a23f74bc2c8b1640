// OpenAI's official client for Node against one server: prints what it got as one JSON object.
//
//     node openai.mjs http://127.0.0.1:8000/v1 KEY

import OpenAI from "openai";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const model = "embedded:smollm2-135m-instruct";
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Get the current weather in a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string", description: "City name" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
};

async function failure(asking) {
  try {
    await asking;
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.code, param: error.param };
  }
  return null;
}

const ask = (content, rest = {}) =>
  client.chat.completions.create({ model, messages: [{ role: "user", content }], ...rest });

const models = [];
for await (const one of client.models.list()) models.push(one.id);

const plain = await ask("What is the capital of France?");
let streamed = "";
let usage = null;
for await (const chunk of await ask("What is the capital of France?", {
  stream: true,
  stream_options: { include_usage: true },
})) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}

const runner = client.chat.completions.stream({
  model,
  messages: [{ role: "user", content: "What's the weather in Paris?" }],
  tools: [weather],
});
const called = (await runner.finalChatCompletion()).choices[0];

const parsed = await client.chat.completions.parse({
  model,
  messages: [{ role: "user", content: "Ann is 31 and likes rain." }],
  response_format: {
    type: "json_schema",
    json_schema: {
      name: "person",
      strict: true,
      schema: {
        type: "object",
        properties: { name: { type: "string" }, age: { type: "integer" } },
        required: ["name", "age"],
        additionalProperties: false,
      },
    },
  },
});

const leaving = await ask("Tell a long story about the sea.", { stream: true, max_tokens: 2000 });
let heard = 0;
for await (const _ of leaving) {
  heard += 1;
  if (heard === 3) leaving.controller.abort();
}

const embedded = await client.embeddings.create({ model: "minilm-l6-v2-int8", input: ["one", "two"] });
const stranger = new OpenAI({ baseURL, apiKey: "wrong", maxRetries: 0 });

console.log(
  JSON.stringify({
    models,
    plain: plain.choices[0].message.content,
    streamed,
    usage,
    called: { reason: called.finish_reason, calls: called.message.tool_calls.map((one) => one.function) },
    person: JSON.parse(parsed.choices[0].message.content),
    heard,
    dimensions: embedded.data.map((one) => one.embedding.length),
    failures: {
      key: await failure(stranger.models.list()),
      model: await failure(ask("Hi", { model: "gpt-9" })),
      parameter: await failure(ask("Hi", { logprobs: true })),
    },
  }),
);
