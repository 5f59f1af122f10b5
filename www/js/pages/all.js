/*
 * Every page, in the order of the navigation. A page's module exports {path, titleKey, navKey, iconName, mount} (core/router.js).
 */
import { filesPage } from "./files.js";
import { jobsPage } from "./jobs.js";
import { printersPage } from "./printers.js";
import { statusPage } from "./status.js";

export const pages = [statusPage, printersPage, filesPage, jobsPage];
