/*
 * The texts of what is in this folder.
 */
import { addStrings } from "../../core/strings.js";
import finder from "../strings/en_finder.js";

addStrings(finder);
