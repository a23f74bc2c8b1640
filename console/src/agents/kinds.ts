// What is kept to be run: how each kind is listed, made, changed and run.

import { html, nothing, type TemplateResult } from "lit";
import { address, type Crew, explore } from "../route.js";

/** One of them, with what a row shows; the rest is the operation's. */
export interface Kept {
  id: string;
  name: string;
  description?: string;
}

export interface Kind {
  part: Crew;
  /** What one is called. */
  one: string;
  title: string;
  lede: string;
  /** Where they are listed, and under which name. */
  path: string;
  list: string;
  create: string;
  update: string;
  destroy: string;
  run: string;
  /** What else can be done with one; a form each. */
  more: [label: string, operation: string][];
  /** Where one is run. */
  to: (name: string) => string;
  facts: (one: Kept) => (TemplateResult | typeof nothing)[];
  /** How a first one comes about, for who may make one. */
  begin: TemplateResult;
}

interface Agent extends Kept {
  version: number;
  model: string | null;
  operations: string[];
  agents: string[];
  asks: string;
  tests?: unknown[];
}
interface Team extends Kept {
  shape: string;
  members: { name: string }[];
}
interface Plan extends Kept {
  goal?: string;
  steps?: unknown[];
}

const count = (many: readonly unknown[], what: string): string => `${many.length} ${what}${many.length === 1 ? "" : "s"}`;
/** When a person decides first, where that is not before all that writes or destroys. */
const ASKS: Record<string, string> = {
  destroys: "asks before what destroys",
  tainted: "asks before what destroys, and more once it has read others' words",
  nothing: "asks nobody first",
};
const span = (text: string): TemplateResult => html`<span>${text}</span>`;

export const KINDS: Kind[] = [
  {
    part: "",
    one: "agent",
    title: "Agents",
    lede: "Instructions, a model, operations and bounds, kept in versions. Each answers over every protocol under its name.",
    path: "/agents",
    list: "agents",
    create: "agents.create_agent",
    update: "agents.update_agent",
    destroy: "agents.delete_agent",
    run: "agents.run_agent",
    more: [["Versions", "agents.list_agent_versions"]],
    to: (name) => address({ page: "agent", name }),
    facts: (kept) => {
      const one = kept as Agent;
      return [
        span(`version ${one.version}`),
        span(one.model ?? "the default model"),
        one.operations.length ? html`<span>may use ${one.operations.map((name) => html`<code>${name}</code> `)}</span>` : span("uses no operations"),
        one.agents.length ? span(`asks ${one.agents.join(", ")}`) : nothing,
        ASKS[one.asks] ? span(ASKS[one.asks]!) : nothing,
        one.tests?.length ? span(count(one.tests, "test")) : nothing,
      ];
    },
    begin: html`One is made here, or from a file: <code>nis agents init</code>, then <code>nis agents apply</code>.`,
  },
  {
    part: "teams",
    one: "team",
    title: "Teams",
    lede: "Agents, models and agents of other servers that answer together: in a row, side by side, by a vote.",
    path: "/teams",
    list: "teams",
    create: "teams.create_team",
    update: "teams.update_team",
    destroy: "teams.delete_team",
    run: "teams.run_team",
    more: [],
    to: (name) => explore("teams.run_team", { id: name }),
    facts: (kept) => {
      const { shape, members } = kept as Team;
      return [span(shape), span(members.map((one) => one.name).join(", "))];
    },
    begin: html`Make one of agents kept here, of models, or of both: <code>New team</code> asks for its members and how they work.`,
  },
  {
    part: "plans",
    one: "plan",
    title: "Plans",
    lede: "Steps that need each other, checked before they run and run as one log.",
    path: "/plans",
    list: "plans",
    create: "plans.create_plan",
    update: "plans.update_plan",
    destroy: "plans.delete_plan",
    run: "plans.run_plan",
    more: [],
    to: (name) => explore("plans.run_plan", { id: name }),
    facts: (kept) => {
      const { goal, steps } = kept as Plan;
      return [goal ? html`<span dir="auto">${goal}</span>` : nothing, steps ? span(count(steps, "step")) : nothing];
    },
    begin: html`Write its steps by <code>New plan</code>, or have a model write them out of a goal: <a href=${explore("plans.propose_plan")}>plans.propose_plan</a>.`,
  },
];
