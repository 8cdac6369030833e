/* Warnings: said of a list or a figure, never a reason to refuse it. */
#include "registry_internal.h"

#include <stdio.h>

void registry_warn(struct warnings *w, const char *what, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 16;
		struct registry_warning *v = arena_array(w->a, room, sizeof *v);
		if (!v)
			return;
		if (w->n)
			memcpy(v, w->v, w->n * sizeof *v);
		w->v = v;
		w->room = room;
	}
	struct slice s = slice_str(text);
	s.n = utf8_valid_prefix(s); /* cut between characters */
	struct slice own = arena_dup(w->a, s);
	if (!own.p)
		return;
	struct registry_warning *x = &w->v[w->n++];
	snprintf(x->what, sizeof x->what, "%s", what);
	x->text = own;
}
