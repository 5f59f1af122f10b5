/*
 * Every text that a person sees, in English. Keys are place.what; {names} are filled in; a text that depends on a count is
 * {one, other}. Plain words: no names of protocols, nothing that only a programmer would say.
 */
export default {
	"app.name": "Fuse",
	"app.tagline": "Bambu Lab printers, linked on your own network",

	/* -- words that are used everywhere ------------------------------------------------------- */
	"action.add": "Add",
	"action.cancel": "Cancel",
	"action.close": "Close",
	"action.copied": "Copied",
	"action.copy": "Copy",
	"action.delete": "Delete",
	"action.dismiss": "Dismiss",
	"action.edit": "Edit",
	"action.ok": "OK",
	"action.reload": "Load this page again",
	"action.remove": "Remove",
	"action.restart": "Restart",
	"action.retryNow": "Retry now",
	"action.save": "Save",
	"action.undo": "Undo",
	"dialog.typeWord": "Type “{word}” to confirm",
	"password.show": "Show what is typed",
	"toast.region": "Messages",
	"time.ago": "{age} ago",
	"time.in": "in {age}",
	"time.never": "never",
	"time.now": "just now",
	"time.tomorrow": "tomorrow {time}",
	"time.yesterday": "yesterday {time}",
	"unit.celsius": "{n} °C",
	"unit.days": "{n} d",
	"unit.fahrenheit": "{n} °F",
	"unit.hours": "{n} h",
	"unit.milliseconds": "{n} ms",
	"unit.minutes": "{n} min",
	"unit.percent": "{n} %",
	"unit.seconds": "{n} s",

	/* -- pages in general ---------------------------------------------------------------------- */
	"page.broken": "This page could not be shown.",
	"page.brokenText": "That is a mistake in Fuse. Your printers are not touched by it.",
	"page.home": "Go to the status page",
	"page.notFound": "There is no such page",
	"page.notFoundText": "The address may be misspelt, or the page belongs to another version of Fuse.",
	"nav.status": "Status",
	"nav.printers": "Printers",

	/* -- errors that are the page's own -------------------------------------------------------- */
	"error.noConnection": "Fuse could not be reached.",
	"error.noConnectionRemedy": "Is the computer that Fuse runs on switched on and in this network? Try again in a moment.",
	"error.notUnderstood": "Fuse answered something that this page does not understand.",
	"error.notUnderstoodRemedy": "Load the page again: Fuse may have been updated.",
	"error.tooSlow": "Fuse did not answer in time.",
	"error.tooSlowRemedy": "Whether it was done is not known. Look at the printer before you try again.",
	"error.loginCancelled": "You are not logged in, so this was not done.",
};
