/*
 * Files: the print files that Fuse keeps. All of it is fetched when somebody goes there.
 */
import { laterPage } from "../core/later.js";

export const filesPage = laterPage({ path: "/files", titleKey: "nav.files", navKey: "nav.files", iconName: "file",
	load: () => import("../later/files/page.js") });
