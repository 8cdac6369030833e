/* judge_say: the sentences of a verdict, with figures. No content, and of names only what a note is called. */
#include "judge_internal.h"

#include <stdio.h>

struct tally {
	uint64_t of[MARK_KINDS], types, marks, dirs;
	int64_t first, last;
	const struct content_known *family;
};

static bool is_in(const struct standing *v, uint64_t session)
{
	for (size_t i = 0; i < v->ins; i++)
		if (v->in[i] == session)
			return true;
	return false;
}

static void PRINTF_LIKE(2, 3) say(struct watch_verdict *v, const char *fmt, ...)
{
	va_list ap;
	if (v->reason_count == WATCH_REASONS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(v->reason[v->reason_count++], WATCH_REASON_MAX, fmt, ap);
	va_end(ap);
}

static void name_types(uint64_t types, char out[80])
{
	size_t n = 0;
	out[0] = 0;
	for (int t = CONTENT_TEXT; t < 64 && n < 60; t++)
		if (types >> t & 1)
			n += (size_t)snprintf(out + n, 80 - n, "%s%s", n ? ", " : "", content_type_name(t));
}

static void sentences(const struct tally *t, const struct standing *s, struct watch_verdict *v)
{
	static const char *const what[MARK_KINDS] = {
		[MARK_NOISE] = "structure lost: valid before, noise after",
		[MARK_WORDS] = "words vanished: text before, letters without words after",
		[MARK_BROKEN] = "structure lost: the beginning still stands, what follows is broken",
		[MARK_ORDER] = "noise: ordered bytes before, even ones after",
		[MARK_LOCKED] = "locked under a password",
		[MARK_WIPED] = "wiped: empty, or one byte value from end to end",
		[MARK_EMPTIED] = "emptied or cut off: the rest is gone, and no copy was made",
		[MARK_CUT] = "cut short",
		[MARK_REPLACED] = "replaced: deleted, and an enciphered copy stands in its place",
		[MARK_AWAY] = "taken away: deleted, and an enciphered copy lies in another folder",
		[MARK_BLIND] = "put in the place of a file that was not read before: noise under its name",
		[MARK_CANARY] = "a canary was touched, which nobody has reason to change",
	};
	static const char *const who[GROUP_KINDS] = {"by one session", "from one client", "by one user in one folder", "by one program of one user", "by one user"};
	char types[80];
	double span = (double)(t->last - t->first) / 1e9;
	say(v, "%llu file%s destroyed %s%s within %.1f s", (unsigned long long)t->marks, t->marks == 1 ? "" : "s", who[s->group_kind], s->ins > 1 ? " and those that went with it" : "", span > 0 ? span : 0);
	for (size_t k = 0; k < MARK_KINDS; k++)
		if (t->of[k] && what[k])
			say(v, "%s: %llu file%s", what[k], (unsigned long long)t->of[k], t->of[k] == 1 ? "" : "s");
	name_types(t->types, types);
	if (types[0])
		say(v, "they were %s", types);
	if (s->note[0] && s->note_dirs >= 3) {
		const struct content_known *k = content_known_note(slice_str(s->note));
		say(v, "the same new file in %u or more folders: %.48s%s%.*s", s->note_dirs, s->note, k ? ", a name known from " : "", k ? (int)k->family.n : 0, k ? (const char *)k->family.p : "");
	}
	if (t->family)
		say(v, "the suffix %.*s is known from %.*s", (int)t->family->value.n, (const char *)t->family->value.p, (int)t->family->family.n, (const char *)t->family->family.p);
}

void case_reasons(const struct watch_judge *j, const struct standing *s, struct watch_verdict *v)
{
	struct tally t = {0};
	uint64_t last = 0;
	for (;;) { /* oldest first */
		const struct mark *next = NULL;
		for (size_t i = 0; i < j->mark_top; i++)
			if (j->mark[i].seq > last && is_in(s, j->mark[i].session) && (!next || j->mark[i].seq < next->seq))
				next = &j->mark[i];
		if (!next)
			break;
		last = next->seq;
		if (!t.marks || next->began < t.first)
			t.first = next->began;
		if (!t.marks || next->began > t.last)
			t.last = next->began;
		t.marks++;
		t.of[next->kind]++;
		t.types |= UINT64_C(1) << (next->type & 63);
		if (v->file_named < WATCH_FILES_MAX) {
			struct watch_verdict_file *f = &j->file[v->file_named++];
			f->session = next->session;
			f->dev = next->dev;
			f->ino = next->ino;
			snprintf(f->path, sizeof f->path, "%s", next->path);
		}
	}
	v->file = j->file;
	v->file_count = t.marks;
	v->began = t.marks ? t.first : s->mono_ns;
	sentences(&t, s, v);
}
