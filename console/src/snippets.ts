// The same call elsewhere: in a shell, in Python, over MCP, over a socket. Each runs as it is copied.

import { pretty } from "./json.js";
import type { Line } from "./wire.js";

type Arguments = Record<string, unknown>;

interface Target {
  line: Line;
  given: Arguments;
  /** Where the server is, as in https://nis.example. */
  origin: string;
  /** Whether it wants a key, which a snippet takes from the environment. */
  keyed: boolean;
}

export interface Snippet {
  id: string;
  name: string;
  note: string;
  text: (target: Target) => string;
}

export const SNIPPETS: Snippet[] = [
  { id: "curl", name: "curl", note: "", text: curl },
  { id: "python", name: "Python", note: "Standard library alone.", text: python },
  { id: "mcp", name: "MCP", note: "The official client: pip install mcp", text: mcp },
  { id: "socket", name: "WebSocket", note: "A2A over one socket: pip install websockets", text: socket },
  { id: "cli", name: "Shell", note: "The server's own command line.", text: shell },
];

/** The path with the request's id in it, what is left for the query or the body, and the whole address. */
export function place({ line, given, origin }: Target): { url: string; rest: Arguments; query: boolean } {
  const { id, ...others } = given;
  const named = line.path.includes("{id}");
  const path = line.path.replace("{id}", encodeURIComponent(String(id ?? "")));
  return { url: `${origin}${path}`, rest: named ? others : given, query: ["GET", "DELETE"].includes(line.method) };
}

/** A request's fields as a query's. */
export const query = (given: Arguments): [string, string][] =>
  Object.entries(given)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);

const quoted = (text: string): string => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function curl(target: Target): string {
  const { url, rest, query: inQuery } = place(target);
  const parts = [`curl -sS${target.line.shape === "stream" ? "N" : ""}`];
  if (target.keyed) parts.push('-H "Authorization: Bearer $NIS_API_KEY"');
  if (target.line.shape === "stream") parts.push("-H 'Accept: text/event-stream'");
  if (inQuery) {
    if (target.line.method !== "GET") parts.push(`-X ${target.line.method}`);
    const fields = query(rest);
    if (fields.length) parts.push("-G", ...fields.map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`));
  } else {
    if (target.line.method !== "POST") parts.push(`-X ${target.line.method}`);
    parts.push("-H 'Content-Type: application/json'", `-d ${`'${pretty(rest).replaceAll("'", "'\\''")}'`}`);
  }
  return [...parts, quoted(url)].join(" \\\n  ");
}

/** JSON as Python writes it. */
function literal(value: unknown, indent = ""): string {
  // Outside of texts only: a text may hold the word true.
  return pretty(value, indent).replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (found) =>
    ({ true: "True", false: "False", null: "None" })[found] ?? found.replace(/\\\//g, "/"),
  );
}

function python(target: Target): string {
  const { url, rest, query: inQuery } = place(target);
  const streams = target.line.shape === "stream";
  const fields = query(rest);
  const headers = [
    inQuery ? "" : '"Content-Type": "application/json"',
    streams ? '"Accept": "text/event-stream"' : "",
    target.keyed ? '"Authorization": "Bearer " + os.environ["NIS_API_KEY"]' : "",
  ].filter(Boolean);
  const imports = ["json", target.keyed ? "os" : "", inQuery && fields.length ? "urllib.parse" : "", "urllib.request"].filter(Boolean);
  const lines = imports.map((name) => `import ${name}`);
  lines.push("");
  if (inQuery && fields.length) lines.push(`query = urllib.parse.urlencode(${literal(Object.fromEntries(fields))})`);
  lines.push("request = urllib.request.Request(");
  lines.push(inQuery && fields.length ? `    ${JSON.stringify(`${url}?`)} + query,` : `    ${JSON.stringify(url)},`);
  if (!inQuery) lines.push(`    data=json.dumps(${literal(rest, "    ")}).encode(),`);
  if (headers.length) lines.push(`    headers={${headers.join(", ")}},`);
  lines.push(`    method=${JSON.stringify(target.line.method)},`, ")");
  lines.push("with urllib.request.urlopen(request) as answer:");
  if (streams) lines.push("    for line in answer:", '        if line.startswith(b"data: "):', "            print(json.loads(line[6:]))");
  else lines.push("    print(json.dumps(json.load(answer), indent=2))");
  return lines.join("\n");
}

function mcp({ line, given, origin, keyed }: Target): string {
  const headers = keyed
    ? `\n    http = httpx2.AsyncClient(headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]})
    async with Client(streamable_http_client(${JSON.stringify(`${origin}/mcp`)}, http_client=http)) as client:`
    : `\n    async with Client(${JSON.stringify(`${origin}/mcp`)}) as client:`;
  return `import asyncio
import json
${keyed ? "import os\n\nimport httpx2\n" : "\n"}from mcp import Client
${keyed ? "from mcp.client.streamable_http import streamable_http_client\n" : ""}

async def main():${headers}
        result = await client.call_tool(
            ${JSON.stringify(line.name.replace(".", "-"))},
            ${literal(given, "            ")},
        )
        print(json.dumps(result.structured_content, indent=2))


asyncio.run(main())`;
}

function socket({ line, given, origin, keyed }: Target): string {
  const headers = keyed ? ', additional_headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]}' : "";
  return `import asyncio
import json
${keyed ? "import os\n" : ""}import uuid

from websockets.asyncio.client import connect

message = {
    "messageId": str(uuid.uuid4()),
    "role": "ROLE_USER",
    "parts": [
        {
            "data": {
                "operation": ${JSON.stringify(line.name)},
                "arguments": ${literal(given, "                ")},
            }
        }
    ],
}


async def main():
    async with connect(${JSON.stringify(`${origin.replace(/^http/, "ws")}/a2a`)}${headers}) as socket:
        call = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
        await socket.send(json.dumps(call))
        print(json.dumps(json.loads(await socket.recv()), indent=2))


asyncio.run(main())`;
}

function shell({ line, given }: Target): string {
  const fields = Object.entries(given).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `--${name.replaceAll("_", "-")} ${quoted(text)}`;
  });
  return [`nis call ${line.name}`, ...fields].join(" \\\n  ");
}
