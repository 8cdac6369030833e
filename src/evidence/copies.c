/* Copying tools' own logs, as they are found on the machine that the data went through: rclone (-v, --log-file, --use-json-log, lsjson), WinSCP (session log), FileZilla (log), MEGAsync and MEGAcmd. What they say was copied was acquired.
 * The object is what was copied from: the local name of an upload, the remote name of a download. */
#include "evidence_internal.h"

#include <stdlib.h>

struct copies {
	struct arena *a;
	struct slice root, to;        /* rclone's source and destination, when its command is in the log */
	struct evidence_map started;  /* FileZilla's connection: what it transfers */
	char zone[8];                 /* of WinSCP's stamps, "-06:00", once its log said so */
	struct slice *kept;
	size_t kept_n, kept_cap;
};

static int begin(struct evidence *v, const char *dialect)
{
	struct copies *s = v->state;
	v->account.dialect = dialect;
	v->account.clock = "the local time of where the tool ran";
	if (s->a)
		return 0;
	s->a = arena_new((size_t)256 << 20);
	return s->a ? evidence_map_init(&s->started, (size_t)256 << 20) : ERR_MEMORY;
}

static void done(struct evidence *v)
{
	struct copies *s = v->state;
	arena_free(s->a);
	evidence_map_done(&s->started);
	free(s->kept);
}

static int put(struct evidence *v, struct slice path, int64_t t, int confidence, const char *why, struct slice bytes)
{
	struct evidence_touch x = {.path = path, .reason = slice_str(why), .time = t, .level = EVIDENCE_ACQUIRED, .confidence = (uint8_t)confidence};
	if (bytes.n && num_u64(bytes, 0, UINT64_MAX, &x.bytes) == 0)
		x.has_bytes = true;
	return evidence_put(v, &x);
}

/* ---- rclone: "2026/11/21 23:03:39 INFO  : dir/file.csv: Copied (new)" ---- */

/* An option of rclone's whose value is a path, too, and stands behind it as a word of its own. */
static bool takes_a_path(struct slice option)
{
	static const char *const options[] = {"--config", "--log-file", "--include", "--include-from", "--exclude", "--exclude-from", "--filter", "--filter-from", "--files-from", "--files-from-raw", "--backup-dir", "--compare-dest", "--copy-dest", "--cache-dir", "--temp-dir", "--user-agent", "--header"};
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (slice_eq_str(option, options[i]))
			return true;
	return false;
}

/* ["rclone" "copy" "D:\\Records" "mega:out"]: the first two behind the verb that are no options nor their values, and look like places; Go's quoting. */
static void rclone_command(struct copies *s, struct slice line)
{
	size_t at, n = 0;
	bool verb = false;
	struct slice before = SLICE_NULL;
	if (!evidence_find(line, "starting with parameters [", &at))
		return;
	line = evidence_from(line, at + 26);
	s->root = s->to = SLICE_NULL;
	while (evidence_find(line, "\"", &at)) {
		line = evidence_from(line, at + 1);
		size_t i = 0;
		while (i < line.n && line.p[i] != '"')
			i += line.p[i] == '\\' ? 2 : 1;
		struct slice word = evidence_upto(line, i);
		struct slice last = before;
		before = word;
		line = evidence_from(line, i + 1);
		if (n++ == 0 || !word.n || word.p[0] == '-' || takes_a_path(last))
			continue;
		if (!verb) {
			verb = slice_eq_str(word, "copy") || slice_eq_str(word, "sync") || slice_eq_str(word, "move") || slice_eq_str(word, "copyto") || slice_eq_str(word, "moveto");
			continue;
		}
		if (!memchr(word.p, ':', word.n) && !memchr(word.p, '/', word.n) && !memchr(word.p, '\\', word.n))
			continue; /* the value of another option */
		uint8_t *out = arena_raw(s->a, word.n + 1);
		size_t len = 0;
		for (size_t k = 0; out && k < word.n; k++) {
			k += word.p[k] == '\\' && k + 1 < word.n;
			out[len++] = word.p[k];
		}
		if (s->root.n) {
			s->to = slice_of(out, out ? len : 0);
			return;
		}
		s->root = slice_of(out, out ? len : 0);
	}
}

static struct slice below(struct evidence *v, struct slice root, struct slice name)
{
	if (!root.n)
		return name;
	bool windows = evidence_path_windows(root);
	struct slice r = root;
	while (r.n > 1 && (r.p[r.n - 1] == '/' || r.p[r.n - 1] == '\\'))
		r.n--;
	char *p = arena_printf(v->a, "%.*s%s%.*s", SLICE_FMT(r), windows ? "\\" : "/", SLICE_FMT(name));
	return p ? slice_str(p) : name;
}

static bool rclone_done(struct slice s, struct slice *name)
{
	static const char *const words[] = {": Copied (", ": Multi-thread Copied (", ": multi-thread Copied (", ": Moved (", ": Moved into", ": Copied"};
	size_t at;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (evidence_find(s, words[i], &at)) {
			*name = evidence_upto(s, at);
			return at > 0;
		}
	return false;
}

static bool rclone_head(struct slice s, size_t *at)
{
	static const char *const levels[] = {" INFO  : ", " DEBUG : ", " NOTICE: ", " ERROR : "};
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (evidence_find(evidence_upto(s, 60), levels[i], at) && *at >= 19 && s.p[4] == '/' && s.p[7] == '/') {
			*at += strlen(levels[i]);
			return true;
		}
	return false;
}

static int rclone_line(struct evidence *v, struct slice line)
{
	struct copies *s = v->state;
	size_t at;
	int r = begin(v, "rclone log");
	if (r || !rclone_head(line, &at))
		return r;
	int64_t t = evidence_time_any(v, evidence_upto(line, at - 9));
	struct slice name, said = evidence_from(line, at);
	v->account.records++;
	evidence_saw(v, t);
	rclone_command(s, line);
	if (evidence_find(said, ": Failed to copy", &at) || evidence_find(said, "Skipped copy as --dry-run", &at)) {
		v->account.failed++;
		return 0;
	}
	if (!rclone_done(said, &name))
		return 0;
	char *why = s->to.n ? arena_printf(v->a, "rclone's own log says it was copied to %.*s", (int)(s->to.n < 200 ? s->to.n : 200), (const char *)s->to.p) : NULL;
	return put(v, below(v, s->root, name), t, 95, why ? why : "rclone's own log says it was copied", SLICE_NULL);
}

static int rclone_probe(struct slice head)
{
	struct slice rest = head;
	size_t at;
	for (int i = 0; i < 20 && rest.n; i++)
		if (rclone_head(slice_cut(rest, '\n', &rest), &at))
			return 92;
	return 0;
}

const struct evidence_reader evidence_rclone = {.kind = EVIDENCE_COPY, .probe = rclone_probe, .line = rclone_line, .done = done, .state = sizeof(struct copies)};

/* --use-json-log: {"level","msg":"Copied (new)","object","size","time"}; lsjson: {"Path","Name","Size","ModTime","IsDir"} */
int evidence_json_copy(struct evidence *v, const struct json_node *n)
{
	struct slice msg = json_text(n, "msg"), object = json_text(n, "object"), path = json_text(n, "Path");
	int r = 0;
	if (msg.n && object.n && json_get(n, "level") && json_get(n, "time")) {
		int64_t t = evidence_time_any(v, json_text(n, "time"));
		evidence_saw(v, t);
		if (slice_starts(msg, "Copied") || slice_starts(msg, "Multi-thread Copied") || slice_starts(msg, "Moved"))
			r = put(v, object, t, 95, "rclone's own log says it was copied", json_text(n, "size"));
		else
			v->account.failed += slice_starts(msg, "Failed to copy");
	} else if (path.n && json_get(n, "IsDir") && json_get(n, "ModTime")) {
		if (json_get(n, "IsDir")->type != JSON_TRUE)
			r = put(v, path, EVIDENCE_NO_TIME, 85, "it is in a list of what lies where the copies went (rclone lsjson)", json_text(n, "Size"));
	} else if (json_text(n, "source").n && msg.n && json_get(n, "level") && json_get(n, "time"))
		; /* a line of the same log that names no object */
	else
		return 0;
	v->account.records++;
	v->account.kind = EVIDENCE_COPY;
	v->account.dialect = "rclone log, JSON";
	v->account.clock = "the local time of where the tool ran, with its zone";
	return r ? r : 1;
}

/* ---- WinSCP: ". 2026-11-21 23:03:39.123 Transfer done: 'C:\x\a.csv' => '/out/a.csv' [1234]" ---- */

/* "Time zone: Current: GMT-6, Standard: ...", near the front of each session: what its stamps are in. What was read before was taken in the zone that is assumed, and does not count as seen. */
static void winscp_zone(struct evidence *v, struct copies *s, struct slice line)
{
	size_t at;
	uint64_t h = 0, m = 0;
	if (!evidence_find(line, "Time zone: Current: GMT", &at))
		return;
	struct slice rest, minutes = SLICE_NULL, z = slice_cut(evidence_from(line, at + 23), ',', &rest);
	if (z.n && ((z.p[0] != '+' && z.p[0] != '-') || num_u64(slice_cut(evidence_from(z, 1), ':', &minutes), 0, 15, &h) < 0 || (minutes.n && num_u64(minutes, 0, 59, &m) < 0)))
		return;
	if (!s->zone[0]) {
		v->account.zone_assumed = false;
		v->account.first = v->account.last = EVIDENCE_NO_TIME;
	}
	snprintf(s->zone, sizeof s->zone, "%c%02u:%02u", z.n ? (char)z.p[0] : '+', (unsigned)(h & 15), (unsigned)(m & 63));
}

static int winscp_line(struct evidence *v, struct slice line)
{
	struct copies *own = v->state;
	char stamp[32];
	size_t at, end;
	int r = begin(v, "WinSCP session log");
	if (r || line.n < 26 || line.p[1] != ' ')
		return r;
	winscp_zone(v, own, line);
	if (own->zone[0])
		v->account.clock = "the local time of where the tool ran, in the zone that it names";
	snprintf(stamp, sizeof stamp, "%.*s%s", SLICE_FMT(evidence_upto(evidence_from(line, 2), 23)), own->zone);
	int64_t t = evidence_time_any(v, slice_str(stamp));
	v->account.records++;
	evidence_saw(v, t);
	if (!evidence_find(line, "Transfer done: '", &at))
		return 0;
	/* 'FROM' => 'TO' [SIZE], or in other versions 'FROM' [SIZE] */
	struct slice s = evidence_from(line, at + 16), tail, size = SLICE_NULL;
	size_t close = 0;
	for (size_t i = s.n; i > 0 && !close; i--)
		if (s.p[i - 1] == '\'' && (i == s.n || slice_starts(evidence_from(s, i), " [")))
			close = i - 1;
	tail = evidence_from(s, close);
	if (slice_starts(tail, "' ["))
		size = evidence_between(tail, "[", "]");
	if (evidence_find(s, "' => '", &end))
		close = end;
	return close ? put(v, evidence_upto(s, close), t, 95, "WinSCP's own log says it was transferred", size) : 0;
}

static int winscp_probe(struct slice head)
{
	struct slice rest = head;
	int good = 0;
	for (int i = 0; i < 40 && rest.n; i++) {
		struct slice l = slice_cut(rest, '\n', &rest);
		good += l.n > 25 && strchr(".<>!*", l.p[0]) && l.p[1] == ' ' && l.p[6] == '-' && l.p[9] == '-' && l.p[12] == ' ' && l.p[15] == ':';
	}
	return good > 2 ? 90 : 0;
}

const struct evidence_reader evidence_winscp = {.kind = EVIDENCE_COPY, .probe = winscp_probe, .line = winscp_line, .done = done, .state = sizeof(struct copies)};

/* ---- FileZilla: "2026-11-21 23:03:39 8328 3 Status: Starting upload of C:\x\a.csv", and the end of it under the same two numbers ---- */

static const char *const fz_words[] = {" Status: ", " Command: ", " Response: ", " Error: ", " Trace: "};

static bool filezilla_head(struct slice s, size_t *at)
{
	/* copied out of the window: no time, and a tab behind the word */
	if (slice_starts(s, "Status:\t") || slice_starts(s, "Error:\t")) {
		*at = 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(fz_words); i++)
		if (evidence_find(evidence_upto(s, 60), fz_words[i], at) && *at >= 19 && s.p[4] == '-' && s.p[7] == '-' && s.p[10] == ' ')
			return true;
	return false;
}

static int remember(struct copies *s, struct slice key, struct slice name)
{
	if (s->kept_n == s->kept_cap) {
		size_t cap = s->kept_cap ? s->kept_cap * 2 : 64;
		struct slice *more = reallocarray(s->kept, cap, sizeof *more);
		if (!more)
			return ERR_MEMORY;
		s->kept = more;
		s->kept_cap = cap;
	}
	struct slice own = arena_dup(s->a, name);
	if (!own.p)
		return arena_code(s->a);
	s->kept[s->kept_n++] = own;
	return evidence_map_put(&s->started, key, s->kept_n);
}

/* "transferred 1,234 bytes", "6 B": digits with any separators; what is rounded to other units says no bytes */
static struct slice bytes_said(struct evidence *v, struct slice said)
{
	size_t at, n = 0, i = 0;
	if (!evidence_find(said, "transferred ", &at))
		return SLICE_NULL;
	struct slice s = evidence_from(said, at + 12);
	uint8_t *out = arena_raw(v->a, 24);
	for (; out && i < s.n && n < 20 && (strchr("0123456789.,' ", s.p[i]) || s.p[i] >= 0x80); i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			out[n++] = s.p[i];
	struct slice unit = evidence_from(s, i);
	return slice_starts(unit, "bytes") || slice_starts(unit, "byte") || slice_starts(unit, "B ") ? slice_of(out, n) : SLICE_NULL;
}

static int filezilla_line(struct evidence *v, struct slice line)
{
	struct copies *s = v->state;
	size_t at, from;
	int r = begin(v, "FileZilla log");
	if (r || !filezilla_head(line, &at))
		return r;
	int64_t t = at ? evidence_time_any(v, evidence_upto(line, 19)) : EVIDENCE_NO_TIME;
	struct slice key = at ? slice_of(line.p + 19, at - 19) : SLICE("-"), said = evidence_from(line, at + (at > 0));
	v->account.records++;
	evidence_saw(v, t);
	if (evidence_find(said, "Starting upload of ", &from) || evidence_find(said, "Starting download of ", &from)) {
		struct slice name = evidence_from(said, from + (said.p[from + 9] == 'u' ? 19 : 21));
		return remember(s, key, name);
	}
	uint64_t n = evidence_map_get(&s->started, key);
	if (n && evidence_find(said, "File transfer successful", &from)) {
		r = put(v, s->kept[n - 1], t, 95, "FileZilla's own log says it was transferred", bytes_said(v, said));
		return r ? r : evidence_map_put(&s->started, key, 0);
	}
	if (n && evidence_find(said, "File transfer failed", &from)) {
		r = put(v, s->kept[n - 1], t, 60, "FileZilla's own log says that its transfer began and failed: a part of it went", bytes_said(v, said));
		return r ? r : evidence_map_put(&s->started, key, 0);
	}
	return 0;
}

static int filezilla_probe(struct slice head)
{
	struct slice rest = head;
	size_t at;
	for (int i = 0; i < 20 && rest.n; i++)
		if (filezilla_head(slice_cut(rest, '\n', &rest), &at))
			return 91;
	return 0;
}

const struct evidence_reader evidence_filezilla = {.kind = EVIDENCE_COPY, .probe = filezilla_probe, .line = filezilla_line, .done = done, .state = sizeof(struct copies)};

/* ---- MEGA: "... Transfer (UPLOAD) finished. File: a.csv", "Upload finished: /x/a.csv" ---- */

static bool mega_done(struct slice line, struct slice *name)
{
	static const char *const words[] = {"Transfer (UPLOAD) finished. File: ", "Transfer (DOWNLOAD) finished. File: ", "Upload finished: ", "Download finished: ", "Upload complete: "};
	size_t at, end;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (evidence_find(line, words[i], &at)) {
			*name = slice_trim(evidence_from(line, at + strlen(words[i])));
			/* the SDK puts the place in its source behind: " [megaapi_impl.cpp:123]" */
			if (name->n && name->p[name->n - 1] == ']' && evidence_find(*name, " [", &at) && evidence_find(evidence_from(*name, at), "pp:", &end))
				*name = evidence_upto(*name, at);
			while (i == 4 && name->n && name->p[name->n - 1] >= '0' && name->p[name->n - 1] <= '9') /* "Upload complete: NAME 1" */
				name->n--;
			*name = slice_trim(*name);
			return name->n > 0;
		}
	return false;
}

/* "11/21-23:03:39.123456", "2026-11-21 23:03:39.123", "[23:03:39 ...]": of the first the year is not said */
static int64_t mega_time(struct evidence *v, struct slice line)
{
	size_t at = 0;
	while (at < line.n && (line.p[at] < '0' || line.p[at] > '9'))
		at++;
	struct slice s = evidence_upto(evidence_from(line, at), 26);
	if (s.n > 14 && s.p[2] == '/' && s.p[5] == '-') {
		static const char *const month[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
		char text[40];
		uint64_t m;
		size_t zero = 0;
		if (num_u64(evidence_upto(s, 2), 1, 12, &m) < 0)
			return EVIDENCE_NO_TIME;
		snprintf(text, sizeof text, "%s %.2s %.15s", month[m - 1], (const char *)s.p + 3, (const char *)s.p + 6);
		return evidence_time_syslog(v, slice_str(text), &zero);
	}
	return evidence_time_any(v, s);
}

static int mega_line(struct evidence *v, struct slice line)
{
	struct slice name;
	int r = begin(v, "MEGA log");
	if (r)
		return r;
	if (!mega_done(line, &name))
		return 0;
	int64_t t = mega_time(v, line);
	v->account.records++;
	evidence_saw(v, t);
	return put(v, name, t, 90, "MEGA's own log says it was transferred", SLICE_NULL);
}

static int mega_probe(struct slice head)
{
	struct slice rest = head, name;
	size_t at;
	while (rest.n)
		if (mega_done(slice_cut(rest, '\n', &rest), &name))
			return 88;
	return evidence_find(head, "MEGAsync", &at) && evidence_find(head, "Transfer (", &at) ? 70 : 0;
}

const struct evidence_reader evidence_mega = {.kind = EVIDENCE_COPY, .probe = mega_probe, .line = mega_line, .done = done, .state = sizeof(struct copies)};
