// What runs before the page is drawn.

import { put } from "./theme.js";

put();
