// Starts the interactive API page on our own OpenAPI document.

import { key } from "./wire.js";

interface Outgoing {
  url: string;
  headers: Record<string, string>;
}

declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown;

const given = key.get();

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Its badge would ask a server of the vendor.
  validatorUrl: null,
  // The key given on the chat page goes along; without one, the page's own Authorize does.
  requestInterceptor: (outgoing: Outgoing) => {
    if (given !== null && !outgoing.headers["Authorization"] && new URL(outgoing.url, location.href).origin === location.origin) {
      outgoing.headers["Authorization"] = `Bearer ${given}`;
    }
    return outgoing;
  },
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = (): void => void document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();
