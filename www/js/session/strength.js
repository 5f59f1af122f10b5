/*
 * strength: a hint how good a new password is. Pure; Fuse itself decides what it takes.
 */
export const SHORTEST = 8;

const COMMON = ["password", "passwort", "12345678", "123456789", "qwertyui", "qwertzui", "iloveyou", "letmein", "bambulab", "printago", "admin123",
		"fusefuse"];

function kinds(password) {
	return [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(password)).length;
}

/** How many characters count: one that repeats the last, or goes on from it (abc, 321), adds little. */
function effectiveLength(password) {
	let length = 0;
	for (let i = 0; i < password.length; i++) {
		const step = i === 0 ? NaN : password.charCodeAt(i) - password.charCodeAt(i - 1);
		length += Math.abs(step) <= 1 ? 0.4 : 1;
	}
	return length;
}

/** 0: too short; 1: weak; 2: fair; 3: strong. */
export function strength(password) {
	if ([...password].length < SHORTEST)
		return 0;
	if (COMMON.some((word) => password.toLowerCase().includes(word)))
		return 1;
	const points = effectiveLength(password) + 2 * (kinds(password) - 1);
	return points < 12 ? 1 : points < 17 ? 2 : 3;
}
