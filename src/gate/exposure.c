/* The whole of it: match, support, rank, and how the result is said. */
#include "exposure_internal.h"

const char *gate_answer_name(enum gate_answer a)
{
	static const char *const names[] = {"affected", "fixed", "not affected", "under investigation", "possible", "could not tell"};
	return names[a];
}

static const char *support_name(enum gate_support_state s)
{
	static const char *const names[] = {"could not tell", "supported", "ending", "only for who pays", "ended"};
	return names[s];
}

const char *exposure_printf(struct gate_exposure *x, const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct slice s = slice_str(text);
	char *copy = arena_strdup(x->a, slice_of(s.p, utf8_valid_prefix(s)));
	return copy ? copy : "";
}

void gate_exposure_free(struct gate_exposure *x)
{
	if (!x)
		return;
	arena_free(x->a);
	free(x->risk);
	free(x);
}

static int highest(const void *a, const void *b)
{
	const struct gate_risk *x = a, *y = b;
	if (x->risk != y->risk)
		return x->risk > y->risk ? -1 : 1;
	if (x->care != y->care)
		return x->care > y->care ? -1 : 1;
	return x->device->number < y->device->number ? -1 : 1;
}

static void mark_exploited(const struct gate_advisories *s)
{
	for (struct gate_advisory *a = s->first; a; a = a->next)
		for (size_t i = 0; i < a->vuln_n; i++) {
			const struct gate_kev *k = kev_find(s, a->vuln[i].cve);
			if (k) {
				a->vuln[i].exploited = true;
				a->vuln[i].ransomware = k->ransomware;
				a->vuln[i].exploited_since = k->since;
			}
		}
}

/* The surest first, then what is exploited, then as they were found. */
static struct gate_finding *sorted(struct gate_finding *list)
{
	struct gate_finding *out = NULL, **end[12];
	struct gate_finding *head[12] = {NULL};
	for (size_t i = 0; i < 12; i++)
		end[i] = &head[i];
	for (struct gate_finding *next; list; list = next) {
		next = list->next;
		size_t k = (size_t)list->answer * 2 + !list->vuln->exploited;
		*end[k] = list;
		end[k] = &list->next;
		list->next = NULL;
	}
	for (size_t i = 12; i-- > 0;) {
		if (!head[i])
			continue;
		*end[i] = out;
		out = head[i];
	}
	return out;
}

int gate_exposure_judge(const struct gate_inventory *v, const struct gate_advisories *s, int64_t today, size_t limit, struct gate_exposure **ret, struct err *e)
{
	struct gate_exposure *x = calloc(1, sizeof *x);
	if (x)
		x->a = arena_new(limit);
	if (x)
		x->risk = calloc(v->n ? v->n : 1, sizeof *x->risk);
	if (!x || !x->a || !x->risk) {
		gate_exposure_free(x);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	x->n = v->n;
	x->today = today;
	x->inventory = v;
	x->advisories = s;
	for (size_t i = 0; i < v->n; i++)
		x->risk[i].device = v->device[i];
	if (s) {
		mark_exploited(s);
		int r = exposure_match(x, x->risk, e);
		if (r < 0) {
			gate_exposure_free(x);
			return r;
		}
	}
	for (size_t i = 0; i < x->n; i++) {
		struct gate_risk *r = &x->risk[i];
		const struct gate_said *os = gate_device_said(r->device, GATE_F_OS);
		r->findings = sorted(r->findings);
		if (os)
			r->support = gate_support_of(os->value, os->guess ? SLICE_NULL : gate_device_text(r->device, GATE_F_OS_VERSION), today);
		r->support.said = os;
		exposure_rank(x, r);
	}
	if (arena_code(x->a)) {
		int code = arena_code(x->a);
		gate_exposure_free(x);
		return err_set(e, code, NULL, "there is no room for all that was found: read fewer files at once");
	}
	if (x->n)
		qsort(x->risk, x->n, sizeof *x->risk, highest);
	*ret = x;
	return 0;
}

/* ---- JSON ---- */

static void json_list(struct jsonw *w, const char *key, const struct gate_device *d, enum gate_field f)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (const struct gate_said *s = d->said; s; s = s->next) {
		bool again = false;
		for (const struct gate_said *t = d->said; t != s; t = t->next)
			again |= t->field == f && slice_eq(t->value, s->value);
		if (s->field == f && !again)
			jsonw_slice(w, s->value);
	}
	jsonw_arr_end(w);
}

static void json_said(struct jsonw *w, const struct gate_device *d)
{
	jsonw_key(w, "said");
	jsonw_arr(w);
	for (const struct gate_said *s = d->said; s; s = s->next) {
		jsonw_obj(w);
		jsonw_kstr(w, "field", gate_field_name(s->field));
		jsonw_kslice_opt(w, "column", s->column);
		jsonw_kslice(w, "value", s->value);
		jsonw_kstr(w, "file", s->file);
		jsonw_ku64(w, "line", s->line);
		if (s->guess)
			jsonw_kbool(w, "guess", true);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void json_ports(struct jsonw *w, const struct gate_device *d)
{
	jsonw_key(w, "ports");
	jsonw_arr(w);
	for (const struct gate_port *p = d->ports; p; p = p->next) {
		jsonw_obj(w);
		jsonw_ku64(w, "port", p->port);
		jsonw_kstr(w, "protocol", p->tcp ? "tcp" : "udp");
		jsonw_kslice_opt(w, "service", p->service);
		jsonw_kslice_opt(w, "product", p->product);
		jsonw_kslice_opt(w, "version", p->version);
		jsonw_kslice_opt(w, "cpe", p->cpe);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void json_finding(struct jsonw *w, const struct gate_finding *f)
{
	const struct gate_vuln *v = f->vuln;
	jsonw_obj(w);
	jsonw_kstr(w, "answer", gate_answer_name(f->answer));
	jsonw_kstr(w, "certainty", f->answer <= GATE_A_NOT_AFFECTED ? "exact" : f->answer == GATE_A_CANNOT_TELL ? "none" : "possible");
	jsonw_kslice_opt(w, "cve", v->cve);
	jsonw_kslice_opt(w, "title", v->title);
	jsonw_kslice_opt(w, "cwe", v->cwe);
	if (v->score.n) {
		jsonw_key(w, "score");
		jsonw_dec(w, v->score);
	}
	jsonw_kslice_opt(w, "severity", v->severity);
	jsonw_kslice_opt(w, "vector", v->vector);
	jsonw_kbool(w, "exploited", v->exploited);
	jsonw_kslice_opt(w, "exploited_since", v->exploited_since);
	jsonw_kbool(w, "ransomware", v->ransomware);
	jsonw_kbool(w, "remote_without_account", v->remote);
	jsonw_kslice(w, "advisory", v->advisory->id);
	jsonw_kslice_opt(w, "product", f->product->name);
	jsonw_kslice_opt(w, "remedy", v->remedy);
	jsonw_kstr(w, "reason", f->why);
	jsonw_obj_end(w);
}

static void json_support(struct jsonw *w, const struct gate_support *s)
{
	jsonw_key(w, "support");
	jsonw_obj(w);
	jsonw_kstr(w, "answer", support_name(s->state));
	jsonw_kslice_opt(w, "system", s->system);
	jsonw_kslice_opt(w, "end", s->end);
	jsonw_kslice_opt(w, "paid_end", s->paid_end);
	jsonw_kslice_opt(w, "unless", s->unless);
	jsonw_kslice_opt(w, "source", s->source);
	if (s->said)
		jsonw_kbool(w, "guess", s->said->guess);
	jsonw_obj_end(w);
}

static void json_terms(struct jsonw *w, const struct gate_risk *r)
{
	jsonw_ku64(w, "risk", (uint64_t)r->risk);
	jsonw_ku64(w, "care", (uint64_t)r->care);
	jsonw_ku64(w, "danger", (uint64_t)r->danger);
	jsonw_key(w, "terms");
	jsonw_arr(w);
	for (size_t i = 0; i < r->terms; i++) {
		jsonw_obj(w);
		jsonw_kstr(w, "of", r->term_danger[i] ? "danger" : "care");
		jsonw_ku64(w, "points", (uint64_t)r->term[i].points);
		jsonw_kstr(w, "why", r->term[i].why);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void json_device(struct jsonw *w, const struct gate_risk *r)
{
	static const enum gate_field one[] = {GATE_F_NAME, GATE_F_VENDOR, GATE_F_MODEL, GATE_F_OS, GATE_F_OS_VERSION, GATE_F_SOFTWARE, GATE_F_VERSION, GATE_F_UNIT, GATE_F_USE, GATE_F_OWNER, GATE_F_BEDS, GATE_F_GROUP};
	const struct gate_device *d = r->device;
	jsonw_obj(w);
	jsonw_ku64(w, "device", d->number);
	for (size_t i = 0; i < ARRAY_LEN(one); i++)
		jsonw_kslice_opt(w, gate_field_name(one[i]), gate_device_text(d, one[i]));
	json_list(w, "addresses", d, GATE_F_ADDRESS);
	json_list(w, "macs", d, GATE_F_MAC);
	json_terms(w, r);
	json_support(w, &r->support);
	jsonw_key(w, "findings");
	jsonw_arr(w);
	for (const struct gate_finding *f = r->findings; f; f = f->next)
		json_finding(w, f);
	jsonw_arr_end(w);
	json_ports(w, d);
	if (d->by_address)
		jsonw_kbool(w, "joined_by_address_alone", true);
	json_said(w, d);
	jsonw_obj_end(w);
}

void gate_exposure_json(const struct gate_exposure *x, struct jsonw *w)
{
	char day[32];
	time_rfc3339(x->today, 0, day);
	day[10] = 0;
	jsonw_obj(w);
	jsonw_kstr(w, "today", day);
	jsonw_ku64(w, "devices_total", x->n);
	jsonw_ku64(w, "advisories", x->advisories ? x->advisories->n : 0);
	jsonw_ku64(w, "advisories_superseded", x->advisories ? x->advisories->superseded : 0);
	jsonw_ku64(w, "known_exploited", x->advisories ? x->advisories->kev_n : 0);
	jsonw_key(w, "devices");
	jsonw_arr(w);
	for (size_t i = 0; i < x->n; i++)
		json_device(w, &x->risk[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "notes");
	jsonw_arr(w);
	for (const struct gate_note *n = x->inventory->notes; n; n = n->next) {
		jsonw_obj(w);
		jsonw_kstr(w, "file", n->file);
		jsonw_ku64(w, "line", n->line);
		jsonw_kstr(w, "text", n->text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_ku64(w, "notes_left_out", x->inventory->notes_more);
	jsonw_obj_end(w);
}

/* ---- text ---- */

static void text_device(const struct gate_risk *r, struct buf *out)
{
	const struct gate_device *d = r->device;
	struct slice name = gate_device_text(d, GATE_F_NAME), address = gate_device_text(d, GATE_F_ADDRESS), unit = gate_device_text(d, GATE_F_UNIT);
	buf_printf(out, "%3d  ", r->risk);
	buf_add_slice(out, name.n ? name : address.n ? address : gate_device_text(d, GATE_F_MAC));
	if (name.n && address.n) {
		buf_str(out, "  ");
		buf_add_slice(out, address);
	}
	if (unit.n) {
		buf_str(out, "  ");
		buf_add_slice(out, unit);
	}
	buf_printf(out, "\n     care %d x danger %d\n", r->care, r->danger);
	for (size_t i = 0; i < r->terms; i++)
		buf_printf(out, "       %s %+d  %s\n", r->term_danger[i] ? "danger" : "care  ", r->term[i].points, r->term[i].why);
	if (r->support.state == GATE_SUPPORT_ENDED || r->support.state == GATE_SUPPORT_PAID || r->support.state == GATE_SUPPORT_ENDING)
		buf_printf(out, "     support: %.*s, %s, %.*s%s%.*s (%.*s)\n", SLICE_FMT(r->support.system), support_name(r->support.state), SLICE_FMT(r->support.end), r->support.unless.n ? "; unless it is " : "",
			SLICE_FMT(r->support.unless), SLICE_FMT(r->support.source));
	size_t shown = 0;
	for (const struct gate_finding *f = r->findings; f && shown < 20; f = f->next, shown++) {
		buf_printf(out, "     %s: ", gate_answer_name(f->answer));
		buf_add_slice(out, f->vuln->cve);
		if (f->vuln->score.n)
			buf_printf(out, " (%.*s)", SLICE_FMT(f->vuln->score));
		buf_printf(out, "%s, ", f->vuln->exploited ? ", exploited" : "");
		buf_add_slice(out, f->vuln->advisory->id);
		buf_str(out, ": ");
		buf_str(out, f->why);
		buf_u8(out, '\n');
	}
	size_t all = 0;
	for (size_t i = 0; i < ARRAY_LEN(r->count); i++)
		all += r->count[i];
	if (all > shown)
		buf_printf(out, "     and %zu more: --json lists all\n", all - shown);
}

void gate_exposure_text(const struct gate_exposure *x, struct buf *out)
{
	buf_printf(out, "%zu devices, %zu advisories. Risk is care (1 to 10) x danger (0 to 10): holdfast-gate(1).\n\n", x->n, x->advisories ? x->advisories->n : 0);
	for (size_t i = 0; i < x->n; i++)
		text_device(&x->risk[i], out);
	for (const struct gate_note *n = x->inventory->notes; n; n = n->next)
		buf_printf(out, "%s%s:%u: %s\n", n == x->inventory->notes ? "\nSaid differently, or left out:\n" : "", n->file, n->line, n->text);
	if (x->inventory->notes_more)
		buf_printf(out, "and %zu more of these\n", x->inventory->notes_more);
}
