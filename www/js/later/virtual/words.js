/*
 * The texts of what is in this folder.
 */
import { addStrings } from "../../core/strings.js";
import virtual from "../strings/en_virtual.js";

addStrings(virtual);
