// The few signs that the console uses, as strokes on a grid of 20.

import { html, svg, type TemplateResult } from "lit";

const PATHS = {
  chat: "M4 5.5h12v8H9l-3.5 3v-3H4z",
  documents: "M5 3h6.5L15 6.5V17H5zM11.5 3v3.5H15M7.5 10h5M7.5 13h5",
  agents: "M5 7.5h10v7.5H5zM10 7.5V4M8 11h.01M12 11h.01M3 10v2.5M17 10v2.5M10 3.5a.1.1 0 1 1 .01 0",
  explore: "M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M13.2 13.2l3.6 3.6",
  runs: "M3.5 5.5h2M3.5 10h2M3.5 14.5h2M8.5 5.5h8M8.5 10h8M8.5 14.5h5",
  models: "M10 3.5l6.5 3.25l-6.5 3.25l-6.5-3.25zM3.5 10l6.5 3.25l6.5-3.25M3.5 13.25l6.5 3.25l6.5-3.25",
  usage: "M4 16.5v-6M10 16.5v-13M16 16.5v-9",
  budgets: "M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 6v8M12 8c-.4-.7-1.1-1-2-1c-1.2 0-2 .6-2 1.5c0 2 4 1 4 3c0 .9-.8 1.5-2 1.5c-.9 0-1.6-.3-2-1",
  copy: "M7 7h8.5v9.5H7zM4.5 13V3.5H13",
  check: "M4.5 10.5l3.5 3.5l7.5-8",
  plus: "M10 4v12M4 10h12",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  sun: "M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
  moon: "M15.5 12A6.5 6.5 0 0 1 8 4.5a6.2 6.2 0 1 0 7.5 7.5",
  auto: "M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 3.5v13M10 7h4.5M10 10h6M10 13h4.5",
  book: "M4 4.5c2.5-.8 4.5-.5 6 .7c1.5-1.2 3.5-1.5 6-.7v11c-2.5-.8-4.5-.5-6 .7c-1.5-1.2-3.5-1.5-6-.7zM10 5.2v11",
  again: "M15.5 8A6 6 0 1 0 16 11.5M16 4v4h-4",
  branch: "M6 4v12M6 12c0-3 8-2 8-6M14 6a1.6 1.6 0 1 1 .01 0M6 16.5a.1.1 0 1 1 .01 0",
  up: "M6.5 9.5v7h-3v-7zM6.5 9.5l3-6c1.5 0 2 1 1.7 2.5L10.8 8h4.7l-1.2 8H6.5",
  down: "M13.5 10.5v-7h3v7zM13.5 10.5l-3 6c-1.5 0-2-1-1.7-2.5l.4-2H4.5l1.2-8h7.8",
  edit: "M4 16l1-4l8.5-8.5l3 3L8 15z",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.8 10.5h7.4L14.5 6",
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  close: "M5 5l10 10M15 5L5 15",
  left: "M12 4l-6 6l6 6",
  right: "M8 4l6 6l-6 6",
  send: "M10 16V4.5M5 9l5-5l5 5",
  arrow: "M10 4.5v11M5 10.5l5 5l5-5",
  key: "M12.5 4a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M10 10l-6 6M6 14l2 2",
  stop: "M6 6h8v8H6z",
  microphone: "M10 3a2.5 2.5 0 0 1 2.5 2.5v4a2.5 2.5 0 0 1-5 0v-4A2.5 2.5 0 0 1 10 3M5 9.5a5 5 0 0 0 10 0M10 14.5v2.5",
  play: "M6.5 4.5l9 5.5l-9 5.5z",
  link: "M8.5 11.5l3-3M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2M13 11l2-2a2.8 2.8 0 0 0-4-4l-2 2",
} as const;

export type Icon = keyof typeof PATHS;

export const icon = (name: Icon): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${svg`<path d=${PATHS[name]}></path>`}</svg>`;
