// Light or dark, as chosen or as the system has it; a file of its own, so that it is set before anything is drawn.

const THEME = "nis-theme";
export type Theme = "auto" | "light" | "dark";

export const theme = (): Theme => {
  const held = localStorage.getItem(THEME);
  return held === "light" || held === "dark" ? held : "auto";
};

export function wear(chosen: Theme): void {
  if (chosen === "auto") localStorage.removeItem(THEME);
  else localStorage.setItem(THEME, chosen);
  put();
}

export function put(): void {
  document.documentElement.dataset["theme"] = theme();
}
