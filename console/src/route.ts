// Where one is in the console: an address behind the hash, so that it can be kept, shared and gone back to.

export type Route =
  | { page: "chat"; id: string | null }
  | { page: "documents"; collection: string }
  | { page: "memory"; user: string }
  | { page: "agents"; part: Crew }
  | { page: "agent"; name: string }
  | { page: "explore"; query: string; family: string }
  | { page: "operation"; name: string; input: Record<string, unknown> | null }
  | { page: "runs"; state: string }
  | { page: "run"; id: string }
  | { page: "models"; part: Part }
  | { page: "usage"; days: number; since: string; until: string; by: string; everyone: boolean }
  | { page: "budgets" };

const PARTS = ["", "routes", "providers", "changes"] as const;
export type Part = (typeof PARTS)[number];
/** What is kept to be run: agents, teams and plans. */
export type Crew = "" | "teams" | "plans";
const DAYS = 30;

export function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page, ...rest] = path.split("/");
  const query = new URLSearchParams(search);
  const name = decode(rest.join("/"));
  if (page === "documents" && name === "memory") return { page: name, user: query.get("of") ?? "" };
  if (page === "documents") return { page, collection: query.get("in") ?? "" };
  if (page === "agents") return name ? { page: "agent", name } : { page, part: "" };
  if (page === "teams" || page === "plans") return { page: "agents", part: page };
  if (page === "explore" && name) return { page: "operation", name, input: given(query.get("input")) };
  if (page === "explore") return { page, query: query.get("q") ?? "", family: query.get("family") ?? "" };
  if (page === "runs" && name) return { page: "run", id: name };
  if (page === "runs") return { page, state: query.get("state") ?? "" };
  if (page === "models") return { page, part: PARTS.find((one) => one === name) ?? "" };
  if (page === "usage") return { page, ...period(query) };
  if (page === "budgets") return { page };
  return { page: "chat", id: page === "chat" && name ? name : null };
}

export function address(route: Route): string {
  const id = (text: string): string => encodeURIComponent(text);
  switch (route.page) {
    case "chat":
      return route.id === null ? "#/" : `#/chat/${id(route.id)}`;
    case "documents":
      return `#/documents${search({ in: route.collection })}`;
    case "memory":
      return `#/documents/memory${search({ of: route.user })}`;
    case "agents":
      return `#/${route.part || "agents"}`;
    case "agent":
      return `#/agents/${id(route.name)}`;
    case "explore":
      return `#/explore${search({ q: route.query, family: route.family })}`;
    case "operation":
      return `#/explore/${id(route.name)}${search({ input: route.input ? JSON.stringify(route.input) : "" })}`;
    case "runs":
      return `#/runs${search({ state: route.state })}`;
    case "run":
      return `#/runs/${id(route.id)}`;
    case "models":
      return route.part ? `#/models/${route.part}` : "#/models";
    case "usage": {
      const { days, since, until, by, everyone } = route;
      return `#/usage${search({ days: since || until || days === DAYS ? "" : String(days), since, until, by: by === "day" ? "" : by, of: everyone ? "all" : "" })}`;
    }
    case "budgets":
      return "#/budgets";
  }
}

function period(query: URLSearchParams): Omit<Extract<Route, { page: "usage" }>, "page"> {
  const date = (name: string): string => query.get(name)?.match(/^\d{4}-\d{2}-\d{2}$/)?.[0] ?? "";
  const days = Math.min(Math.max(1, Math.round(Number(query.get("days"))) || DAYS), 3650);
  return { days, since: date("since"), until: date("until"), by: query.get("by") ?? "day", everyone: query.get("of") === "all" };
}

export const go = (route: Route): void => void (location.hash = address(route));

/** The address of an operation's page, its form filled with `input`. */
export const explore = (name: string, input: Record<string, unknown> | null = null): string =>
  address({ page: "operation", name, input });

/** Changes the address of the page one is on; no step to go back to. */
export const rename = (route: Route): void => history.replaceState(null, "", address(route));

function search(given: Record<string, string>): string {
  const kept = Object.entries(given).filter(([, value]) => value);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The fields that a link fills; anything else than an object fills none. */
function given(text: string | null): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
