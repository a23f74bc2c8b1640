// What is offered in a field that is called `model`, wherever it is: the models there are.

import { type Models, read } from "./wire.js";

export const OFFERED = "offered-models";

let asked = false;

/** Has the models listed once, when such a field is first come to; any other name may be typed. */
export function offer(): void {
  if (asked) return;
  asked = true;
  read<Models>("/models?limit=1000").then(
    ({ models }) => {
      const list = document.createElement("datalist");
      list.id = OFFERED;
      list.append(...models.map(({ provider, name }) => new Option("", `${provider}:${name}`)));
      document.body.append(list);
    },
    () => (asked = false),
  );
}
