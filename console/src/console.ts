// The console: its pages, the way between them, and what they share.

import { html, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import "./act.js";
import "./chat.js";
import "./conversations.js";
import "./explore.js";
import "./gateway/budgets.js";
import { models } from "./gateway/models.js";
import "./gateway/usage.js";
import { icon, type Icon } from "./icons.js";
import { Light } from "./light.js";
import "./operation.js";
import "./palette.js";
import { parse, type Route } from "./route.js";
import "./run.js";
import "./runs.js";
import { changed, connection, told } from "./status.js";
import { type Theme, theme, wear } from "./theme.js";
import { key, onKeyWanted } from "./wire.js";

const PAGES: { page: Route["page"]; also: Route["page"]; name: string; icon: Icon; to: string }[] = [
  { page: "chat", also: "chat", name: "Chat", icon: "chat", to: "#/" },
  { page: "documents", also: "memory", name: "Documents", icon: "documents", to: "#/documents" },
  { page: "agents", also: "agent", name: "Agents", icon: "agents", to: "#/agents" },
  { page: "explore", also: "operation", name: "Explore", icon: "explore", to: "#/explore" },
  { page: "runs", also: "run", name: "Runs", icon: "runs", to: "#/runs" },
  { page: "models", also: "models", name: "Models", icon: "models", to: "#/models" },
  { page: "usage", also: "usage", name: "Usage", icon: "usage", to: "#/usage" },
  { page: "budgets", also: "budgets", name: "Budgets", icon: "budgets", to: "#/budgets" },
];

export class NisConsole extends Light {
  static override properties = { route: { state: true }, keyWanted: { state: true }, drawn: { state: true } };
  declare route: Route;
  declare keyWanted: { again: boolean; give: (key: string) => void } | null;
  /** Whether the drawer has been opened: until then its list is not read, which the one beside the page is. */
  declare drawn: boolean;
  private fetched: typeof import("./later.js") | null = null;
  private dialog = createRef<HTMLDialogElement>();
  private drawer = createRef<HTMLDialogElement>();

  constructor() {
    super();
    this.route = parse(location.hash);
    this.keyWanted = null;
    this.drawn = false;
    onKeyWanted((again) => this.askKey(again));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", () => this.went());
    changed.addEventListener("change", () => this.requestUpdate());
    addEventListener("keydown", (event) => this.press(event));
  }

  /** Another page begins at its top, with the focus in it; one that is gone back to is as it was left. */
  private went(): void {
    this.route = parse(location.hash);
    if (back) return;
    scrollTo({ top: 0 });
    const typing = document.activeElement?.closest("main input, main textarea, dialog");
    if (!typing) void this.updateComplete.then(() => this.querySelector<HTMLElement>("#main")!.focus({ preventScroll: true }));
  }

  private askKey(again: boolean): Promise<string> {
    return new Promise((resolve) => {
      const earlier = this.keyWanted;
      this.keyWanted = {
        again: again || (earlier?.again ?? false),
        give: (key) => {
          earlier?.give(key);
          resolve(key);
        },
      };
    });
  }

  private press(event: KeyboardEvent): void {
    const typing = (event.target as Element).closest?.("input, textarea, select, dialog");
    const asked = (event.key === "k" && (event.metaKey || event.ctrlKey)) || (event.key === "/" && !typing);
    if (!asked || this.keyWanted) return;
    event.preventDefault();
    this.querySelector("nis-palette")!.open();
  }

  protected override updated(): void {
    const dialog = this.dialog.value;
    if (this.keyWanted && dialog && !dialog.open) dialog.showModal();
    document.title = this.heading;
  }

  private get heading(): string {
    const { route } = this;
    if (route.page === "operation" || route.page === "agent") return `${route.name} · nis`;
    return route.page === "chat" ? "nis" : `${PAGES.find((one) => one.page === route.page || one.also === route.page)!.name} · nis`;
  }

  protected override render(): TemplateResult {
    return html`
      <a class="skip" href="#main" @click=${this.skip}>Skip to the content</a>
      <aside class="side">
        <div class="top">
          <button class="ghost menu" aria-label="Conversations" @click=${this.draw}>${icon("menu")}</button>
          <a class="brand" href="#/" aria-label="nis, start page">${mark}<span>nis</span></a>
          ${this.status()}
        </div>
        <button class="search" @click=${() => this.querySelector("nis-palette")!.open()}>
          ${icon("explore")}<span>Find anything</span><kbd>${/mac/i.test(navigator.platform) ? "⌘" : "Ctrl"} K</kbd>
        </button>
        <nav class="pages" aria-label="Pages">${PAGES.map((one) => this.link(one))}</nav>
        <nis-conversations></nis-conversations>
        <div class="foot">
          <a href="/docs">${icon("book")}<span>API reference</span></a>
          ${key.get() === null
            ? nothing
            : html`<button class="ghost" aria-label="Forget the key" title="Forget the key" @click=${this.forget}>${icon("key")}</button>`}
          ${this.themes()}
        </div>
      </aside>
      <main id="main" tabindex="-1">${this.page()}</main>
      <nav class="tabs" aria-label="Pages">${PAGES.map((one) => this.link(one))}</nav>
      <dialog
        class="drawer" aria-label="Conversations" ${ref(this.drawer)}
        @click=${(event: Event) => (event.target === event.currentTarget || (event.target as Element).closest("a")) && this.drawer.value!.close()}
      >
        <div class="bar">
          <a href="#/" class="new">${icon("plus")}New conversation</a>
          <button class="ghost" aria-label="Close" @click=${() => this.drawer.value!.close()}>${icon("close")}</button>
        </div>
        ${this.drawn ? html`<nis-conversations></nis-conversations>` : nothing}
      </dialog>
      <nis-palette></nis-palette>
      <nis-act></nis-act>
      ${this.keyDialog()}
    `;
  }

  private draw = (): void => {
    this.drawn = true;
    this.drawer.value!.showModal();
  };

  private forget = (): void => {
    key.forget();
    location.reload();
  };

  private skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>("#main")!.focus();
  };

  private link(one: (typeof PAGES)[number]): TemplateResult {
    const here = this.route.page === one.page || this.route.page === one.also;
    return html`<a href=${one.to} aria-current=${here ? "page" : nothing}>${icon(one.icon)}<span>${one.name}</span></a>`;
  }

  private page(): TemplateResult {
    const { route } = this;
    switch (route.page) {
      case "chat":
        return html`<nis-chat .conversationId=${route.id}></nis-chat>`;
      case "documents":
      case "memory":
        return this.later((fetched) => fetched.library(route));
      case "agents":
      case "agent":
        return this.later((fetched) => fetched.agents(route));
      case "explore":
        return html`<nis-explore .query=${route.query} .family=${route.family}></nis-explore>`;
      case "operation":
        return html`<nis-operation .name=${route.name} .input=${route.input}></nis-operation>`;
      case "runs":
        return html`<nis-runs .state=${route.state}></nis-runs>`;
      case "run":
        return html`<nis-run .runId=${route.id}></nis-run>`;
      case "models":
        return models(route.part);
      case "usage":
        return html`<nis-usage .chosen=${route}></nis-usage>`;
      case "budgets":
        return html`<nis-budgets></nis-budgets>`;
    }
  }

  /** A page that is fetched when it is first gone to. */
  private later(page: (fetched: typeof import("./later.js")) => TemplateResult): TemplateResult {
    if (!this.fetched) this.fetch();
    return this.fetched ? page(this.fetched) : html`<div class="column"><div class="skeleton" aria-label="Reading the page"><i></i><i></i><i></i></div></div>`;
  }

  /** Fetches a page that not everyone goes to; where that fails it is tried again once the server is back. */
  private fetch(): void {
    import("./later.js").then((fetched) => {
      this.fetched = fetched;
      this.requestUpdate();
    }, told);
  }

  private status(): TemplateResult {
    const now = connection();
    const text = {
      ok: "connected",
      lost: "no connection",
      waiting: `connection lost, trying again in ${now.state === "waiting" ? now.seconds : 0} s`,
    }[now.state];
    return html`<p class="status ${now.state}" role="status"><span class="dot"></span><span class="words">${text}</span></p>`;
  }

  private themes(): TemplateResult {
    const now = theme();
    const next: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
    const signs: Record<Theme, Icon> = { auto: "auto", light: "sun", dark: "moon" };
    const named: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };
    return html`<button
      class="ghost"
      title="Theme: ${named[now]}"
      aria-label="Theme: ${named[now]}. Change to ${named[next[now]]}"
      @click=${() => {
        wear(next[now]);
        this.requestUpdate();
      }}
    >
      ${icon(signs[now])}
    </button>`;
  }

  private keyDialog(): TemplateResult | typeof nothing {
    if (!this.keyWanted) return nothing;
    const { again, give } = this.keyWanted;
    return html`<dialog class="key" ${ref(this.dialog)} aria-labelledby="key-title" @cancel=${(event: Event) => event.preventDefault()}>
      <form
        method="dialog"
        @submit=${(event: SubmitEvent) => {
          const given = new FormData(event.currentTarget as HTMLFormElement).get("key");
          this.keyWanted = null;
          give(String(given).trim());
          void this.updateComplete.then(() => this.querySelector<HTMLElement>("#message, [data-first]")?.focus());
        }}
      >
        <h2 id="key-title">This server wants a key</h2>
        <p>${again ? html`<strong class="bad">That key was not accepted.</strong> ` : nothing}It is the value of NIS_API_KEY where the
          server runs, or what <code>nis keys create</code> answered, and is kept until this tab is closed.</p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autofocus />
        <button class="primary">Continue</button>
      </form>
    </dialog>`;
  }
}

const mark = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8"></rect>
  <path d="M6 24C11 4 21 4 26 24"></path>
  <circle cx="16" cy="9" r="3"></circle>
</svg>`;

/** Whether the page was come to by going back or forth, where the browser tells. */
let back = false;

interface Going extends Event {
  navigationType?: string;
}
(globalThis as { navigation?: EventTarget }).navigation?.addEventListener("navigate", (event: Going) => {
  back = event.navigationType === "traverse" || event.navigationType === "replace";
});

customElements.define("nis-console", NisConsole);
