// Agents, teams and plans: what is kept to be run; a part of it at a time, or one agent to talk with.

import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { address, type Route } from "../route.js";
import "./agent.js";
import "./kept.js";
import { KINDS } from "./kinds.js";

type Here = Extract<Route, { page: "agents" | "agent" }>;

/** The page. */
export function agents(route: Here): TemplateResult {
  if (route.page === "agent") return html`<div class="column"><nis-agent .name=${route.name}></nis-agent></div>`;
  const kind = KINDS.find((one) => one.part === route.part)!;
  return html`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${KINDS.map(({ part }) => html`<a class="chip" href=${address({ page: "agents", part })} aria-current=${part === route.part ? "true" : nothing}>${part || "agents"}</a>`)}
    </nav>
    ${keyed(kind, html`<nis-kept .kind=${kind}></nis-kept>`)}
  </div>`;
}
