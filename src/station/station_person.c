/* DIR/persons: who may write at this station, "NAME TAB ARGON2ID LF" a line. */
#include "station_internal.h"

#define PERSONS_MAX ((size_t)1 << 20)

static bool name_ok(const char *s)
{
	return station_word_ok(slice_str(s), STATION_NAME_MAX) && !strchr(s, '\t');
}

static int lines(const struct station *s, struct buf *ret, struct err *e)
{
	int r = file_read(s->dir, "persons", PERSONS_MAX, ret, e);
	return r == ERR_NOT_FOUND ? 0 : r;
}

int station_person_set(struct station *s, const char *name, struct slice pin, struct err *e)
{
	AUTO_BUF struct buf old = {0};
	AUTO_BUF struct buf b = {0};
	char hash[128];
	buf_init(&old, PERSONS_MAX);
	buf_init(&b, PERSONS_MAX);
	if (!name_ok(name))
		return err_set(e, ERR_USAGE, NULL, "a name is 1 to %d bytes of UTF-8 without control characters", STATION_NAME_MAX);
	if (pin.n < STATION_PIN_MIN || pin.n > 200)
		return err_set(e, ERR_USAGE, NULL, "a PIN has at least %d characters", STATION_PIN_MIN);
	int r = lines(s, &old, e);
	if (r == 0)
		r = seal_password_hash(pin, hash, e);
	if (r < 0)
		return r;
	struct slice rest = buf_slice(&old), after;
	while (rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (!slice_eq_str(slice_cut(line, '\t', &after), name)) {
			buf_add_slice(&b, line);
			buf_u8(&b, '\n');
		}
	}
	buf_printf(&b, "%s\t%s\n", name, hash);
	return buf_ok(&b) ? file_replace(s->dir, "persons", buf_slice(&b), 0600, e) : err_set(e, buf_code(&b), "persons", "too many");
}

bool station_person_ok(const struct station *s, const char *name, struct slice pin)
{
	AUTO_BUF struct buf b = {0};
	char hash[128] = "";
	buf_init(&b, PERSONS_MAX);
	if (lines(s, &b, NULL) < 0)
		return false;
	struct slice rest = buf_slice(&b), after;
	while (rest.n && name_ok(name)) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (slice_eq_str(slice_cut(line, '\t', &after), name) && after.n < sizeof hash)
			snprintf(hash, sizeof hash, "%.*s", SLICE_FMT(after));
	}
	return seal_password_ok(hash[0] ? hash : NULL, pin);
}

int station_persons(const struct station *s, struct buf *ret_names, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, PERSONS_MAX);
	int r = lines(s, &b, e);
	struct slice rest = buf_slice(&b), after;
	while (r == 0 && rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest);
		buf_add_slice(ret_names, slice_cut(line, '\t', &after));
		buf_u8(ret_names, '\n');
	}
	return r;
}
