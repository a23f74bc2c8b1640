// Where a refusal points: at fields that are drawn, or at none of them.

import type { Field } from "./fields.js";
import type { Problem } from "./wire.js";

/** What a refusal says of fields, by the path at which each is drawn. */
export function wrong(root: Field | null, refusal: Problem | null): Map<string, string> {
  const { errors, field, detail = "", remedy = "" } = refusal ?? {};
  const said = errors ?? (field ? [{ field, message: `${ended(detail)} ${remedy}`.trim() }] : []);
  const placed = said.map((one): [string, string] => [nearest(root, one.field), ended(one.message)]);
  return new Map(placed.filter(([path]) => path));
}

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** The path of the field that is drawn and nearest to where a refusal points: a union's own names are not drawn. */
function nearest(root: Field | null, path: string): string {
  const steps: string[] = [];
  let [at, list]: [Field[], boolean] = [root?.parts ?? [], false];
  for (const part of path.split(".")) {
    // An item is called by its place, which changes when another one goes.
    const found: Field | undefined = list ? at[Number(part)] : at.find((one) => one.name === part);
    if (!found) continue;
    steps.push(part);
    at = found.parts.flatMap((one) => (found.kind === "union" && one.kind === "group" ? one.parts : [one]));
    list = found.kind === "list";
  }
  return steps.join(".");
}
