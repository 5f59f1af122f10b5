/*
 * miniobj: assertions that say which object is not what it should be.
 * An assertion that fails aborts; the supervisor's obituary carries the words.
 */
#ifndef FUSE_COMMON_MINIOBJ_H
#define FUSE_COMMON_MINIOBJ_H

/* Says "met a state that cannot be: WHAT (FILE:LINE)" in the log and aborts. */
_Noreturn void miniobj_cannot_be(const char *what, const char *file, int line);

/* A condition that the code's own logic guarantees. Stays in every build. */
#define ENSURE(condition) ((condition) ? (void)0 : miniobj_cannot_be(#condition, __FILE__, __LINE__))

/* An object whose first member is `unsigned magic`. */
#define ENSURE_OBJ(object, object_magic) ENSURE((object) != NULL && (object)->magic == (object_magic))

#endif
