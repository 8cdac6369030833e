/* Warnings: a word, a sentence, and what stands in the sentence's places, so that it can be said in another language. */
#include "registry_internal.h"

#include <stdarg.h>
#include <stdio.h>

/* One place of a sentence: writes it to out, moves fmt and the arguments on. The formats are our own: another one is a fault of ours. */
static size_t place(const char **fmt, va_list *ap, char *out, size_t room)
{
	const char *p = *fmt + 1;
	int digits = -1;
	bool wide = false;
	if (*p == '.' && p[1] == '*') {
		digits = va_arg(*ap, int);
		p += 2;
	} else if (*p == '.') {
		digits = p[1] - '0';
		p += 2;
	}
	if (*p == 'z') {
		wide = true;
		p++;
	}
	*fmt = p + 1;
	int n = 0;
	const char *s;
	switch (*p) {
	case 'u':
		n = wide ? snprintf(out, room, "%zu", va_arg(*ap, size_t)) : snprintf(out, room, "%u", va_arg(*ap, unsigned));
		break;
	case 'd':
		n = snprintf(out, room, "%d", va_arg(*ap, int));
		break;
	case 'f':
		n = snprintf(out, room, "%.*f", digits, va_arg(*ap, double));
		break;
	case 's':
		s = va_arg(*ap, const char *);
		n = snprintf(out, room, "%.*s", digits < 0 ? (int)room : digits, s);
		break;
	default:
		assert(!"a format that is not known");
	}
	return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static bool grow(struct warnings *w)
{
	size_t room = w->room ? 2 * w->room : 16;
	if (w->n < w->room)
		return true;
	struct registry_warning *v = arena_array(w->a, room, sizeof *v);
	if (!v)
		return false;
	if (w->n)
		memcpy(v, w->v, w->n * sizeof *v);
	w->v = v;
	w->room = room;
	return true;
}

void registry_warn(struct warnings *w, const char *what, const char *fmt, ...)
{
	char text[1024];
	size_t n = 0, from[REGISTRY_VALUES], to[REGISTRY_VALUES];
	struct registry_warning x = {0};
	const char *form = strchr(what, '/');
	va_list ap;
	va_start(ap, fmt);
	while (*fmt && n < sizeof text - 1) {
		if (*fmt != '%') {
			text[n++] = *fmt++;
			continue;
		}
		size_t at = n;
		n += place(&fmt, &ap, text + n, sizeof text - n);
		assert(x.values < REGISTRY_VALUES);
		from[x.values] = at;
		to[x.values++] = n;
	}
	va_end(ap);
	struct slice s = slice_of(text, n);
	s.n = utf8_valid_prefix(s); /* cut between characters */
	if (!grow(w))
		return;
	x.text = arena_dup(w->a, s);
	if (!x.text.p)
		return;
	for (size_t i = 0; i < x.values; i++)
		x.value[i] = from[i] < x.text.n ? slice_of(x.text.p + from[i], (to[i] < x.text.n ? to[i] : x.text.n) - from[i]) : SLICE_NULL;
	snprintf(x.what, sizeof x.what, "%.*s", (int)(form ? (size_t)(form - what) : strlen(what)), what);
	snprintf(x.form, sizeof x.form, "%s", form ? form + 1 : "");
	w->v[w->n++] = x;
}

void registry_warnings_json(const struct registry_warning *v, size_t n, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(w);
		jsonw_kstr(w, "what", v[i].what);
		if (v[i].form[0])
			jsonw_kstr(w, "form", v[i].form);
		if (v[i].values) {
			jsonw_key(w, "values");
			jsonw_arr(w);
			for (size_t k = 0; k < v[i].values; k++)
				jsonw_slice(w, v[i].value[k]);
			jsonw_arr_end(w);
		}
		jsonw_kslice(w, "text", v[i].text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}
