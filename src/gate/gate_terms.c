/* gate_terms: on what terms a link is opened: conditions, business hours, whether what is unusual cuts it. */
#include "gate_internal.h"

static const char *const days[7] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* ---- hours ---- */

static int day_of(struct slice s)
{
	for (int i = 0; i < 7; i++)
		if (slice_eq_nocase(s, days[i]))
			return i;
	return -1;
}

static bool minutes_of(struct slice s, uint16_t *ret)
{
	struct slice rest, h = slice_cut(s, ':', &rest);
	uint64_t hour, minute;
	if (h.n != 2 || rest.n != 2 || num_u64(h, 0, 24, &hour) < 0 || num_u64(rest, 0, 59, &minute) < 0 || 60 * hour + minute > 1440)
		return false;
	*ret = (uint16_t)(60 * hour + minute);
	return true;
}

static bool hours_of(struct slice s, struct gate_hours *ret)
{
	struct slice clock, which = slice_trim(slice_cut(s, ' ', &clock)), last, until, from;
	struct gate_hours h = {0};
	if (slice_eq_nocase(which, "daily")) {
		h.days = 0x7f;
	} else {
		int a = day_of(slice_cut(which, '-', &last)), b = last.p ? day_of(last) : a;
		if (a < 0 || b < 0)
			return false;
		for (int i = a;; i = (i + 1) % 7) {
			h.days |= (uint8_t)(1u << i);
			if (i == b)
				break;
		}
	}
	from = slice_cut(slice_trim(clock), '-', &until);
	if (!minutes_of(from, &h.from) || !minutes_of(until, &h.to) || h.from >= h.to)
		return false;
	*ret = h;
	return true;
}

int gate_hours_parse(struct gate_link *l, struct slice list, struct err *e)
{
	while (list.n) {
		struct slice one = slice_trim(slice_cut(list, ',', &list));
		if (l->hours_n == GATE_HOURS_MAX)
			return err_set(e, ERR_USAGE, "hours", "at most %d stretches", GATE_HOURS_MAX);
		if (!hours_of(one, &l->hours[l->hours_n]))
			return err_set(e, ERR_USAGE, "hours", "hours are days and a stretch of the day that does not cross midnight: Mon-Fri 08:00-18:00, Sat 09:00-12:00, daily 06:00-24:00");
		l->hours_n++;
	}
	return 0;
}

static bool within(const struct gate_link *l, int64_t minute_of_week)
{
	unsigned day = (unsigned)(minute_of_week / 1440), minute = (unsigned)(minute_of_week % 1440);
	for (size_t i = 0; i < l->hours_n; i++)
		if (l->hours[i].days & (1u << day) && minute >= l->hours[i].from && minute < l->hours[i].to)
			return true;
	return l->hours_n == 0;
}

bool gate_within_hours(const struct gate_link *l, int64_t now, int zone_minutes, int64_t *ret_change)
{
	const int64_t minute = 60 * TIME_SEC, week = 7 * 1440;
	int64_t m = now / minute + zone_minutes, in_week = ((m + 3 * 1440) % week + week) % week; /* 1970-01-01 was a Thursday */
	bool is = within(l, in_week);
	*ret_change = GATE_NEVER;
	for (int64_t i = 1; l->hours_n && i <= week; i++)
		if (within(l, (in_week + i) % week) != is) {
			*ret_change = (m + i - zone_minutes) * minute;
			break;
		}
	return is;
}

/* ---- conditions ---- */

static bool name_ok(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') || (i && memchr("-_.", s.p[i], 3))))
			return false;
	return s.n > 0 && s.n < GATE_NAME_MAX;
}

static int condition_add(struct gate_link *l, struct slice name, struct slice before, struct slice text, struct err *e)
{
	struct gate_condition c = {0};
	if (l->conditions == GATE_CONDITIONS_MAX)
		return err_set(e, ERR_USAGE, "condition", "at most %d conditions", GATE_CONDITIONS_MAX);
	if (!name_ok(name))
		return err_set(e, ERR_USAGE, "condition", "a condition's name has 1 to %d letters, digits, '-', '_' or '.'", GATE_NAME_MAX - 1);
	if (!text.n || text.n >= sizeof c.text || memchr(text.p, 0, text.n))
		return err_set(e, ERR_USAGE, "condition", "a condition is NAME: words, and the words have 1 to %d bytes", GATE_CONDITION_MAX - 1);
	if (before.n) {
		c.before = gate_state_parse(before);
		if (c.before == GATE_CUT)
			return err_set(e, ERR_USAGE, "condition", "the step that a condition stands before is QUARANTINED, TEST, ONE-WAY, LIMITED or OPEN");
	}
	memcpy(c.name, name.p, name.n);
	memcpy(c.text, text.p, text.n);
	for (size_t i = 0; i < l->conditions; i++)
		if (!strcmp(l->condition[i].name, c.name))
			return err_set(e, ERR_USAGE, "condition", "there are two conditions of the name %s", c.name);
	l->condition[l->conditions++] = c;
	return 0;
}

int gate_condition_parse(struct gate_link *l, struct slice s, struct err *e)
{
	struct slice text, head = slice_trim(slice_cut(s, ':', &text)), rest, name = slice_cut(head, ' ', &rest), before = SLICE_NULL;
	rest = slice_trim(rest);
	if (rest.n) {
		if (!slice_starts(rest, "before "))
			return err_set(e, ERR_USAGE, "condition", "a condition is NAME: words, or NAME before STATE: words");
		before = slice_trim(slice_of(rest.p + 7, rest.n - 7));
		if (!before.n)
			return err_set(e, ERR_USAGE, "condition", "before which step?");
	}
	return condition_add(l, name, before, slice_trim(text), e);
}

/* ---- JSON ---- */

static void put_hours(struct jsonw *w, const struct gate_hours *h)
{
	struct buf b;
	buf_init(&b, 256);
	if (h->days == 0x7f) {
		buf_str(&b, "daily");
	} else {
		int first = 0, last;
		while (!(h->days >> first & 1) || (h->days >> ((first + 6) % 7) & 1))
			first++; /* where a run of days begins: it is one run, by how it was read */
		for (last = first; h->days >> ((last + 1) % 7) & 1; last = (last + 1) % 7)
			;
		buf_printf(&b, first == last ? "%s" : "%s-%s", days[first], days[last]);
	}
	buf_printf(&b, " %02u:%02u-%02u:%02u", h->from / 60u, h->from % 60u, h->to / 60u, h->to % 60u);
	jsonw_slice(w, buf_slice(&b));
	buf_done(&b);
}

void gate_terms_put(const struct gate_link *l, struct jsonw *w)
{
	jsonw_kslice_opt(w, "partner", slice_str(l->partner));
	jsonw_kslice_opt(w, "contact", slice_str(l->contact));
	if (l->hours_n) {
		jsonw_key(w, "hours");
		jsonw_arr(w);
		for (size_t i = 0; i < l->hours_n; i++)
			put_hours(w, &l->hours[i]);
		jsonw_arr_end(w);
	}
	if (l->conditions) {
		jsonw_key(w, "conditions");
		jsonw_arr(w);
		for (size_t i = 0; i < l->conditions; i++) {
			jsonw_obj(w);
			jsonw_kstr(w, "name", l->condition[i].name);
			jsonw_kstr(w, "text", l->condition[i].text);
			if (l->condition[i].before)
				jsonw_kstr(w, "before", gate_state_name(l->condition[i].before));
			jsonw_obj_end(w);
		}
		jsonw_arr_end(w);
	}
	if (l->auto_cut)
		jsonw_kbool(w, "autoCut", true);
}

int gate_terms_read(const struct json_node *n, struct gate_link *l, struct err *e)
{
	const struct json_node *hours = json_get(n, "hours"), *conditions = json_get(n, "conditions"), *cut = json_get(n, "autoCut");
	int r = 0;
	for (const struct json_node *v = hours ? hours->child : NULL; v && r == 0; v = v->next)
		r = gate_hours_parse(l, v->value, e);
	for (const struct json_node *v = conditions ? conditions->child : NULL; v && r == 0; v = v->next)
		r = condition_add(l, json_text(v, "name"), json_text(v, "before"), json_text(v, "text"), e);
	l->auto_cut = cut && cut->type == JSON_TRUE;
	return r;
}

bool gate_link_same(const struct gate_link *a, const struct gate_link *b)
{
	const struct gate_link *both[2] = {a, b};
	struct buf text[2];
	for (int i = 0; i < 2; i++) {
		struct jsonw w;
		buf_init(&text[i], 1 << 16);
		jsonw_init(&w, &text[i]);
		jsonw_obj(&w);
		gate_link_put(both[i], &w);
		jsonw_obj_end(&w);
	}
	bool same = buf_ok(&text[0]) && buf_ok(&text[1]) && slice_eq(buf_slice(&text[0]), buf_slice(&text[1]));
	buf_done(&text[0]);
	buf_done(&text[1]);
	return same;
}
