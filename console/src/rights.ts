// What the caller may do: read once a visit, so that no button is offered that can only be refused.

import { read } from "./wire.js";

let asked: Promise<string[]> | null = null;

/** Whether the caller holds a scope; a wider one holds it too, but for those that are held by name alone. */
export async function may(scope: string): Promise<boolean> {
  asked ??= read<{ scopes: string[] }>("/identity/get-caller").then(
    ({ scopes }) => scopes,
    (error: unknown) => {
      asked = null;
      throw error;
    },
  );
  const held = await asked;
  const [family, right] = scope.split(":");
  const wider = right === "admin" ? [] : ["*", `${family}:*`, ...(right === "read" ? [`${family}:write`] : [])];
  return [scope, ...wider].some((one) => held.includes(one));
}

/** Who may change the configuration. */
export const ADMIN = "server:admin";
