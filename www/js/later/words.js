/*
 * The texts of what is fetched later.
 */
import { addStrings } from "../core/strings.js";
import files from "./strings/en_files.js";
import jobs from "./strings/en_jobs.js";
import print from "./strings/en_print.js";

addStrings(files);
addStrings(jobs);
addStrings(print);
