// The same call elsewhere: in a shell, in Python, over MCP, over a socket. Each runs as it is copied.

import { family, placed, toolName } from "./catalog.js";
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
  /** Whether it can make the call; without it, it can make any. */
  fits?: (line: Line) => boolean;
  text: (target: Target) => string;
}

export const SNIPPETS: Snippet[] = [
  { id: "curl", name: "curl", note: "", text: curl },
  { id: "python", name: "Python", note: "Standard library alone.", text: python },
  { id: "mcp", name: "MCP", note: "The official client: pip install mcp", text: mcp },
  { id: "mcp-json", name: "MCP JSON", note: "One request of the stateless protocol.", text: mcpJson },
  {
    ...{ id: "socket", name: "WebSocket", note: "A2A over one socket: pip install websockets", text: socket },
    // What is a run or a stream itself is no answer of a task.
    fits: (line) => line.shape === "model",
  },
  { id: "cli", name: "Shell", note: "The server's own command line.", text: shell },
];

/** The path with the request's id in it, what is left for the query or the body, and the whole address. */
export function place({ line, given, origin }: Target): { url: string; rest: Arguments; query: boolean } {
  const { id, ...others } = given;
  const named = line.path.includes("{id}");
  return { url: `${origin}${placed(line, String(id ?? "ID"))}`, rest: named ? others : given, query: ["GET", "DELETE"].includes(line.method) };
}

/** A request's fields as a query's. */
export const query = (given: Arguments): [string, string][] =>
  Object.entries(given)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);

const quoted = (text: string): string => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const KEYED = '-H "Authorization: Bearer $NIS_API_KEY"';
const body = (given: unknown): string => `-d '${pretty(given).replaceAll("'", "'\\''")}'`;
const joined = (parts: string[]): string => parts.join(" \\\n  ");

function curl(target: Target): string {
  const { url, rest, query: inQuery } = place(target);
  const { method, shape } = target.line;
  const parts = [`curl -sS${shape === "stream" ? "N" : ""}${["GET", "POST"].includes(method) ? "" : ` -X ${method}`} ${quoted(url)}`];
  if (target.keyed) parts.push(KEYED);
  if (shape === "stream") parts.push("-H 'Accept: text/event-stream'");
  if (!inQuery) return joined([...parts, "-H 'Content-Type: application/json'", body(rest)]);
  const fields = query(rest).map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`);
  return joined(fields.length ? [...parts, "-G", ...fields] : parts);
}

function mcpJson({ line, given, origin, keyed }: Target): string {
  const name = toolName(line.name);
  const version = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": { name: "curl", version: "8" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": version,
    "Mcp-Method": "tools/call",
    "Mcp-Name": name,
  };
  return joined([
    `curl -sS ${quoted(`${origin}/mcp`)}`,
    ...(keyed ? [KEYED] : []),
    ...Object.entries(headers).map(([header, value]) => `-H '${header}: ${value}'`),
    body({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: given, _meta: meta } }),
  ]);
}

/** JSON as Python writes it. */
function literal(value: unknown, indent = ""): string {
  // Outside of texts only: a text may hold the word true.
  return pretty(value, indent, "    ").replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (found) =>
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
  if (inQuery && fields.length) lines.push(`query = urllib.parse.urlencode(${literal(Object.fromEntries(fields.map(([name, text]) => [name, typeof rest[name] === "number" ? rest[name] : text])))})`);
  lines.push("request = urllib.request.Request(");
  lines.push(inQuery && fields.length ? `    ${JSON.stringify(`${url}?`)} + query,` : `    ${JSON.stringify(url)},`);
  if (!inQuery) lines.push(`    data=json.dumps(${literal(rest, "    ")}).encode(),`);
  if (headers.length) lines.push(`    headers={${headers.join(", ")}},`);
  // What urllib does by itself is not said.
  if (!["GET", "POST"].includes(target.line.method)) lines.push(`    method=${JSON.stringify(target.line.method)},`);
  lines.push(")");
  lines.push("with urllib.request.urlopen(request) as answer:");
  if (streams) lines.push("    for line in answer:", '        if line.startswith(b"data: "):', "            print(json.loads(line[6:]))");
  else lines.push("    print(json.dumps(json.load(answer), indent=2))");
  return lines.join("\n");
}

function mcp({ line, given, origin, keyed }: Target): string {
  // The plain address lists a few tools; the client checks the answer of one that was listed.
  const address = JSON.stringify(`${origin}/mcp?toolset=${family(line.name)}`);
  const headers = keyed
    ? `\n    http = httpx2.AsyncClient(headers={"Authorization": "Bearer " + os.environ["NIS_API_KEY"]})
    async with Client(streamable_http_client(${address}, http_client=http)) as client:`
    : `\n    async with Client(${address}) as client:`;
  return `import asyncio
import json
${keyed ? "import os\n\nimport httpx2\n" : "\n"}from mcp import Client
${keyed ? "from mcp.client.streamable_http import streamable_http_client\n" : ""}

async def main():${headers}
        result = await client.call_tool(
            ${JSON.stringify(toolName(line.name))},
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
    "parts": [{"data": {"operation": ${JSON.stringify(line.name)}, "arguments": ${literal(given, "    ")}}}],
}


async def main():
    address = ${JSON.stringify(`${origin.replace(/^http/, "ws")}/a2a`)}
    async with connect(address${headers}) as socket:
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
