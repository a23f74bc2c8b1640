// The pages that not everyone goes to: fetched when one of them is first gone to.

export { library } from "./documents/library.js";
export { agents } from "./agents/page.js";
