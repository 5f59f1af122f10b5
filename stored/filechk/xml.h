/*
 * xml: a walk over an XML text from outside (expat), element by element. It has no document type (and so no entities
 * of its own), is nested at most 16 levels, and has at most 200,000 elements. Pure.
 */
#ifndef FUSE_STORED_FILECHK_XML_H
#define FUSE_STORED_FILECHK_XML_H

#include <stdbool.h>
#include <stddef.h>

struct xml_visitor {
	/* `depth` is 1 for the outermost; `attributes`: name and value by turns, NULL at the end. Texts are UTF-8. */
	void (*opens)(void *arg, unsigned depth, const char *name, const char *const *attributes);
	void (*closes)(void *arg, unsigned depth, const char *name);
	void *arg;
};

/* False with the reason (static storage, "is …", "has …") when it is none, or beyond the bounds; what was visited
 * until then stays. */
bool xml_parse(const void *bytes, size_t len, const struct xml_visitor *visitor, const char **ret_fault);

/* The attribute's value; "" when it is not there. */
const char *xml_attribute(const char *const *attributes, const char *name);

#endif
