/* Lists of what an archive or a folder of the intruder's holds: 7z l (also -slt), unzip -l, tar tvf, dir /s, tree, and names one a line (rar lb, tar tf, find). What is in such a list was put there: acquired. The times in it are the files' own and say nothing of when they were taken. */
#include "evidence_internal.h"

enum form { FORM_NONE, FORM_7Z, FORM_SLT, FORM_UNZIP, FORM_TAR, FORM_DIR, FORM_TREE, FORM_NAMES };
#define DEEP 64

struct listing {
	enum form form;
	bool inside;         /* between the rules of a table */
	uint64_t name_at;    /* where names begin in it */
	struct buf folder;   /* of dir */
	struct buf part[DEEP]; /* of tree: a name a level */
	struct buf held;     /* of tree: the name that is handed out when it is no folder */
	struct buf path;     /* of -slt */
	uint64_t bytes;
	bool has_bytes, is_folder, ready;
	int depth, held_depth;
};

static bool a_date(struct slice s, size_t i)
{
	return s.n >= i + 16 && s.p[i] >= '0' && s.p[i] <= '9' && s.p[i + 4] == '-' && s.p[i + 7] == '-' && s.p[i + 10] == ' ' && s.p[i + 13] == ':';
}

/* A name of a list of names: a separator or a point with something behind it, and nothing that a sentence has. */
static bool like_a_name(struct slice s)
{
	size_t dot = 0, sep = 0, blanks = 0, letters = 0, commas = 0, ats = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 32 || strchr("<>|\"*?{}=", s.p[i]))
			return false;
		sep += s.p[i] == '/' || s.p[i] == '\\';
		blanks += s.p[i] == ' ';
		commas += s.p[i] == ',' || s.p[i] == ';';
		ats += s.p[i] == '@';
		letters += (s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z';
		if (s.p[i] == '.')
			dot = i;
	}
	bool tail = dot && s.n - dot >= 2 && s.n - dot <= 9;
	if (!letters || commas > 1 || (ats && !sep)) /* addresses, rows of a table, mail */
		return false;
	return s.n > 2 && s.n < 1024 && (tail || sep) && blanks <= 8 && !(s.p[s.n - 1] == '.' || s.p[s.n - 1] == ':' || s.p[s.n - 1] == ',');
}

static bool tar_mode(struct slice s)
{
	return s.n > 30 && strchr("-dlhrcbps", s.p[0]) && (s.p[1] == 'r' || s.p[1] == '-') && (s.p[2] == 'w' || s.p[2] == '-') && (s.p[4] == 'r' || s.p[4] == '-') && s.p[10] == ' ';
}

static enum form form_of(struct slice head)
{
	struct slice rest = head;
	size_t at, names = 0, lines = 0, tree = 0, tar = 0;
	if (evidence_find(head, "   Date      Time    Attr         Size   Compressed  Name", &at))
		return FORM_7Z;
	if (evidence_find(head, "Path = ", &at) && evidence_find(head, "Size = ", &at) && (evidence_find(head, "Attributes = ", &at) || evidence_find(head, "Packed Size = ", &at)))
		return FORM_SLT;
	if (evidence_find(head, "  Length      Date    Time    Name", &at))
		return FORM_UNZIP;
	if ((evidence_find(head, " Directory of ", &at) && evidence_find(head, "<DIR>", &at)) || (evidence_find(head, "pertoire de ", &at) && evidence_find(head, "<DIR>", &at)) || (evidence_find(head, "<DIR>", &at) && evidence_find(head, "Volume in drive", &at)))
		return FORM_DIR;
	for (int i = 0; i < 200 && rest.n; i++) {
		struct slice s = slice_cut(rest, '\n', &rest);
		if (s.n && s.p[s.n - 1] == '\r')
			s.n--;
		if (!slice_trim(s).n)
			continue;
		if (!rest.p && head.n == EVIDENCE_HEAD)
			break; /* cut by the head's end */
		lines++;
		tree += evidence_find(s, "\xe2\x94\x9c\xe2\x94\x80", &at) || evidence_find(s, "\xe2\x94\x94\xe2\x94\x80", &at) || evidence_find(s, "|-- ", &at) || evidence_find(s, "`-- ", &at) || evidence_find(s, "+---", &at) || evidence_find(s, "\\---", &at);
		tar += tar_mode(s);
		names += like_a_name(s);
	}
	if (tree && tree * 2 >= lines)
		return FORM_TREE;
	if (tar && tar * 10 >= lines * 9)
		return FORM_TAR;
	return lines && names * 20 >= lines * 19 ? FORM_NAMES : FORM_NONE;
}

static int put(struct evidence *v, struct slice path, int confidence, const char *why, bool has_bytes, uint64_t bytes)
{
	struct evidence_touch t = {.path = path, .reason = slice_str(why), .time = EVIDENCE_NO_TIME, .level = EVIDENCE_ACQUIRED, .confidence = (uint8_t)confidence, .has_bytes = has_bytes, .bytes = bytes};
	v->account.records++;
	return evidence_put(v, &t);
}

static const char in_archive[] = "it is in an archive's list of contents";
static const char in_folder[] = "it is in a list of what lies in a folder of the intruder's";

static bool rule(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '-' && s.p[i] != ' ')
			return false;
		n += s.p[i] == '-';
	}
	return n > 20;
}

/* 7z l: "2026-11-21 23:03:39 ....A         1234          567  dir\a.csv" between two rules; the name begins under the last dashes */
static int seven_zip(struct evidence *v, struct listing *l, struct slice s)
{
	uint64_t bytes;
	if (rule(s)) {
		l->inside = !l->inside;
		size_t i = s.n;
		while (i && s.p[i - 1] == ' ')
			i--;
		while (i && s.p[i - 1] == '-')
			i--;
		l->name_at = i;
		return 0;
	}
	if (!l->inside || s.n <= l->name_at || l->name_at < 30 || s.p[20] == 'D')
		return 0;
	bool sized = num_u64(slice_trim(evidence_upto(evidence_from(s, 26), 12)), 0, UINT64_MAX, &bytes) == 0;
	return put(v, evidence_from(s, (size_t)l->name_at), 85, in_archive, sized, sized ? bytes : 0);
}

static int slt_flush(struct evidence *v, struct listing *l)
{
	int r = 0;
	if (l->path.n && l->inside && !l->is_folder)
		r = put(v, buf_slice(&l->path), 85, in_archive, l->has_bytes, l->bytes);
	buf_reset(&l->path);
	l->has_bytes = l->is_folder = false;
	return r;
}

/* 7z l -slt: blocks of "Key = value" behind a line of dashes; what stands before it is the archive itself */
static int seven_zip_slt(struct evidence *v, struct listing *l, struct slice s)
{
	int r = 0;
	if (slice_starts(s, "----------")) {
		buf_reset(&l->path);
		l->inside = true;
	} else if (slice_starts(s, "Path = ")) {
		r = slt_flush(v, l);
		buf_add_slice(&l->path, evidence_from(s, 7));
	} else if (slice_starts(s, "Size = "))
		l->has_bytes = num_u64(evidence_from(s, 7), 0, UINT64_MAX, &l->bytes) == 0;
	else if (slice_starts(s, "Folder = +") || slice_starts(s, "Attributes = D"))
		l->is_folder = true;
	return r;
}

/* unzip -l: "     1234  2026-11-21 23:03   dir/a.csv" between two rules */
static int unzip(struct evidence *v, struct listing *l, struct slice s)
{
	uint64_t bytes;
	struct slice rest;
	if (rule(s)) {
		l->inside = !l->inside;
		return 0;
	}
	struct slice t = slice_trim(s), size = slice_cut(t, ' ', &rest);
	rest = slice_trim(rest);
	if (!l->inside || num_u64(size, 0, UINT64_MAX, &bytes) < 0 || rest.n < 18)
		return 0;
	struct slice name = slice_trim(evidence_from(rest, 16));
	return !name.n || name.p[name.n - 1] == '/' ? 0 : put(v, name, 85, in_archive, true, bytes);
}

/* tar tvf: "-rw-r--r-- u/g 1234 2026-11-21 23:03 dir/a.csv" */
static int tar(struct evidence *v, struct slice s)
{
	struct slice rest, size;
	uint64_t bytes;
	size_t at;
	if (!tar_mode(s) || s.p[0] == 'd')
		return 0;
	(void)slice_cut(s, ' ', &rest);
	(void)slice_cut(slice_trim(rest), ' ', &rest);
	size = slice_cut(slice_trim(rest), ' ', &rest);
	if (!a_date(rest, 0) || num_u64(size, 0, UINT64_MAX, &bytes) < 0)
		return 0;
	struct slice name = evidence_from(rest, 10);
	name = slice_trim(name);
	(void)slice_cut(name, ' ', &name); /* the clock, with seconds or not */
	if (evidence_find(name, " -> ", &at))
		name = evidence_upto(name, at);
	return put(v, name, 85, in_archive, true, bytes);
}

/* dir /s: " Directory of D:\stage", then "11/21/2026  11:03 PM             1,234 a.csv" */
static int dir(struct evidence *v, struct listing *l, struct slice s)
{
	size_t at, i = 0;
	static const char *const heads[] = {" Directory of ", "pertoire de ", " Verzeichnis von ", " Directorio de "};
	for (size_t k = 0; k < ARRAY_LEN(heads); k++)
		if (evidence_find(s, heads[k], &at) && at < 6) {
			buf_reset(&l->folder);
			buf_add_slice(&l->folder, slice_trim(evidence_from(s, at + strlen(heads[k]))));
			return 0;
		}
	if (s.n < 36 || s.p[0] < '0' || s.p[0] > '9' || evidence_find(s, "<DIR>", &at) || evidence_find(s, "<JUNCTION>", &at) || evidence_find(s, "<SYMLINK", &at))
		return 0;
	/* date, two blanks, clock (maybe with AM or PM), 18 places of size with separators, a blank, the name */
	size_t from = s.n > 20 && s.p[19] == 'M' ? 20 : 17;
	uint64_t bytes = 0;
	for (i = from; i < from + 18 && i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			bytes = bytes * 10 + (uint64_t)(s.p[i] - '0');
	struct slice name = slice_trim(evidence_from(s, from + 19));
	if (!name.n)
		return 0;
	char *path = arena_printf(v->a, "%.*s%s%.*s", (int)l->folder.n, (const char *)(l->folder.p ? l->folder.p : (const uint8_t *)""), l->folder.n && l->folder.p[l->folder.n - 1] != '\\' ? "\\" : "", SLICE_FMT(name));
	return path ? put(v, slice_str(path), 70, in_folder, true, bytes) : ERR_MEMORY;
}

/* tree: how deep a name stands is told by what is drawn before it, four places a level. A name with others below it is a folder. */
static int tree_flush(struct evidence *v, struct listing *l, int next_depth)
{
	if (!l->held.n || next_depth > l->held_depth) {
		buf_reset(&l->held);
		return 0;
	}
	int r = put(v, buf_slice(&l->held), 70, in_folder, false, 0);
	buf_reset(&l->held);
	return r;
}

static int tree(struct evidence *v, struct listing *l, struct slice s)
{
	size_t places = 0, i = 0;
	bool drawn = false;
	while (i < s.n) {
		size_t len;
		uint32_t c = utf8_get(evidence_from(s, i), &len);
		if (!(c == ' ' || c == 0xA0 || (c >= 0x2500 && c < 0x2580) || c == '|' || c == '-' || c == '`' || c == '+' || (c == '\\' && i + 1 < s.n && s.p[i + 1] == '-')))
			break;
		drawn |= (c >= 0x2500 && c < 0x2580) || c == '-' || c == '`';
		places++;
		i += len;
	}
	struct slice name = slice_trim(evidence_from(s, i));
	int depth = (int)((places + 2) / 4), r;
	size_t at;
	if (!name.n || depth >= DEEP || (!drawn && l->ready && (evidence_find(name, " director", &at) || evidence_find(name, " file", &at))))
		return 0;
	if (evidence_find(name, " -> ", &at))
		name = evidence_upto(name, at);
	r = tree_flush(v, l, depth);
	if (r)
		return r;
	l->ready = true;
	buf_reset(&l->part[depth]);
	buf_add_slice(&l->part[depth], name);
	for (int k = 0; k <= depth; k++) {
		struct slice p = buf_slice(&l->part[k]);
		if (k == 0 && (slice_eq_str(p, ".") || !p.n))
			continue;
		if (l->held.n && l->held.p[l->held.n - 1] != '/' && l->held.p[l->held.n - 1] != '\\')
			buf_u8(&l->held, '/');
		buf_add_slice(&l->held, p);
	}
	l->held_depth = depth;
	if (depth == 0 || name.p[name.n - 1] == '/')
		buf_reset(&l->held);
	return 0;
}

static int one_line(struct evidence *v, struct slice s)
{
	struct listing *l = v->state;
	v->account.clock = "none: the times in it are the files' own";
	if (l->form == FORM_NONE) {
		l->form = form_of(buf_slice(&v->head));
		buf_init(&l->folder, EVIDENCE_PATH_MAX);
		buf_init(&l->path, EVIDENCE_PATH_MAX);
		buf_init(&l->held, EVIDENCE_PATH_MAX * 2);
		for (int i = 0; i < DEEP; i++)
			buf_init(&l->part[i], EVIDENCE_PATH_MAX);
	}
	switch (l->form) {
	case FORM_7Z:
		v->account.dialect = "list of an archive, 7z";
		return seven_zip(v, l, s);
	case FORM_SLT:
		v->account.dialect = "list of an archive, 7z -slt";
		return seven_zip_slt(v, l, s);
	case FORM_UNZIP:
		v->account.dialect = "list of an archive, unzip";
		return unzip(v, l, s);
	case FORM_TAR:
		v->account.dialect = "list of an archive, tar";
		return tar(v, s);
	case FORM_DIR:
		v->account.dialect = "list of a folder, dir";
		return dir(v, l, s);
	case FORM_TREE:
		v->account.dialect = "list of a folder, tree";
		return tree(v, l, s);
	default:
		v->account.dialect = "list of names";
		s = slice_trim(s);
		return s.n && s.p[s.n - 1] != '/' && s.p[s.n - 1] != '\\' ? put(v, s, 65, "it is in a list of names, as of an archive or a folder of the intruder's", false, 0) : 0;
	}
}

/* What is put together from several lines: one that is longer than any path is damage, and so said. */
static int kept(struct evidence *v, struct buf *b)
{
	int code = buf_code(b);
	if (code == ERR_LIMIT) {
		evidence_damaged(v);
		buf_reset(b);
		code = 0;
	}
	return code;
}

static int line(struct evidence *v, struct slice s)
{
	struct listing *l = v->state;
	int r = one_line(v, s);
	r = r ? r : kept(v, &l->folder);
	r = r ? r : kept(v, &l->path);
	r = r ? r : kept(v, &l->held);
	for (int i = 0; r == 0 && l->form == FORM_TREE && i < DEEP; i++)
		r = kept(v, &l->part[i]);
	return r;
}

static int end(struct evidence *v)
{
	struct listing *l = v->state;
	if (l->form == FORM_SLT)
		return slt_flush(v, l);
	return l->form == FORM_TREE ? tree_flush(v, l, 0) : 0;
}

static void done(struct evidence *v)
{
	struct listing *l = v->state;
	buf_done(&l->folder);
	buf_done(&l->path);
	buf_done(&l->held);
	for (int i = 0; i < DEEP; i++)
		buf_done(&l->part[i]);
}

static int probe(struct slice head)
{
	enum form f = form_of(head);
	return f == FORM_NONE ? 0 : f == FORM_NAMES ? 20 : 75;
}

const struct evidence_reader evidence_listing = {.kind = EVIDENCE_LISTING, .probe = probe, .line = line, .end = end, .done = done, .state = sizeof(struct listing)};
