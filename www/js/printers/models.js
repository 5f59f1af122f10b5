/*
 * The models that Fuse knows, asked for once.
 */
import { get } from "../core/api.js";

let asked = null;

/** -> Promise of GET /api/v1/models' list. A failure is forgotten, so that the next one asks again. */
export function loadModels() {
	asked ??= get("/api/v1/models").then((answer) => answer.models, (error) => {
		asked = null;
		throw error;
	});
	return asked;
}
