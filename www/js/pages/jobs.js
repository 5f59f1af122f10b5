/*
 * Jobs: what is to be printed, is printed, and was. All of it is fetched when somebody goes there.
 */
import { laterPage } from "../core/later.js";

export const jobsPage = laterPage({ path: "/jobs", titleKey: "nav.jobs", navKey: "nav.jobs", iconName: "list",
	load: () => import("../later/jobs/page.js") });
