// What is kept to be read again: documents, and what is remembered; a part of it at a time.

import { html, nothing, type TemplateResult } from "lit";
import { address, type Route } from "../route.js";
import "./documents.js";
import "./memory.js";

type Here = Extract<Route, { page: "documents" | "memory" }>;

const PARTS: [to: Here, name: string][] = [
  [{ page: "documents", collection: "" }, "documents"],
  [{ page: "memory", user: "" }, "memory"],
];

/** The page. */
export function library(route: Here): TemplateResult {
  return html`<div class="column wide-column">
    <nav class="families parts" aria-label="Parts">
      ${PARTS.map(([to, name]) => html`<a class="chip" href=${address(to)} aria-current=${to.page === route.page ? "true" : nothing}>${name}</a>`)}
    </nav>
    ${route.page === "documents"
      ? html`<nis-documents .chosen=${route.collection}></nis-documents>`
      : html`<nis-memory .user=${route.user}></nis-memory>`}
  </div>`;
}
