/* Sets the theme, and how wide the page will be, before anything is painted (js/core/theme.js does the rest). */
(function () {
	var chosen = null;
	try {
		chosen = localStorage.getItem("fuse.theme");
	} catch (error) {
		/* No storage: dark. */
	}
	var light = chosen === "light" || (chosen === "auto" && matchMedia("(prefers-color-scheme: light)").matches);
	document.documentElement.dataset.boot = /^\/printers/.test(location.pathname) ? "wide" : "";
	document.documentElement.dataset.theme = light ? "light" : "dark";
})();
