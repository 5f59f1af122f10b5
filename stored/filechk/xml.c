/*
 * xml: expat, kept on a short lead.
 */
#include "stored/filechk/xml.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

#define DEPTH_MAX 16
#define ELEMENTS_MAX 200000

struct walk {
	XML_Parser parser;
	const struct xml_visitor *visitor;
	unsigned depth, elements;
	const char *fault; /* of ours; NULL none */
};

static void
stop(struct walk *walk, const char *fault)
{
	walk->fault = fault;
	XML_StopParser(walk->parser, XML_FALSE);
}

static void XMLCALL
on_open(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *walk = arg;

	if (walk->fault != NULL)
		return;
	if (++walk->depth > DEPTH_MAX)
		stop(walk, "is nested too deeply");
	else if (++walk->elements > ELEMENTS_MAX)
		stop(walk, "has too many elements");
	else
		walk->visitor->opens(walk->visitor->arg, walk->depth, name, (const char *const *)attributes);
}

static void XMLCALL
on_close(void *arg, const XML_Char *name)
{
	struct walk *walk = arg;

	if (walk->fault != NULL)
		return;
	if (walk->visitor->closes != NULL)
		walk->visitor->closes(walk->visitor->arg, walk->depth, name);
	walk->depth--;
}

/* Entities could be made there, and entities of entities. No slicer writes one. */
static void XMLCALL
on_doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public, int has_subset)
{
	(void)name, (void)system, (void)public, (void)has_subset;
	stop(arg, "has a document type of its own");
}

bool
xml_parse(const void *bytes, size_t len, const struct xml_visitor *visitor, const char **ret_fault)
{
	struct walk walk = { .parser = XML_ParserCreate(NULL), .visitor = visitor };

	*ret_fault = NULL;
	if (walk.parser == NULL || len > INT_MAX) {
		*ret_fault = "is too large";
	} else {
		XML_SetUserData(walk.parser, &walk);
		XML_SetElementHandler(walk.parser, on_open, on_close);
		XML_SetStartDoctypeDeclHandler(walk.parser, on_doctype);
		if (XML_Parse(walk.parser, bytes, (int)len, XML_TRUE) != XML_STATUS_OK)
			*ret_fault = walk.fault != NULL ? walk.fault : "is no well-formed XML";
	}
	if (walk.parser != NULL)
		XML_ParserFree(walk.parser);
	return *ret_fault == NULL;
}

const char *
xml_attribute(const char *const *attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}
