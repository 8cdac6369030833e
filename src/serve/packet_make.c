/* A unit's packet: what the viewer is answered about that unit, gathered from the chart store as of one moment, and made into a file (packet.h). Commands and the web role make packets by this. */
#include "packet.h"
#include "serve_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#define PAGE_MAX ((size_t)256 << 20) /* JSON of one page */

struct making {
	const struct serve_packet *p;
	struct packet_about about;
	struct packet_key key, apart_key;
	bool has_apart;
	struct packet_part *data, *apart;
	struct chart_moment at;
	struct arena *a, *page; /* of the unit's list; of one chart at a time */
	struct buf json;
	char unit[PACKET_UNIT_MAX + 1], vkey[256];
	struct tlog_checkpoint head;
};

static void put_moment(struct jsonw *w, struct chart_moment at)
{
	jsonw_key(w, "asOf");
	jsonw_obj(w);
	if (at.end) {
		jsonw_ku64(w, "entry", at.end - 1);
		jsonw_ktime(w, "time", at.time);
	}
	jsonw_obj_end(w);
}

static struct jsonw begin(struct making *m)
{
	struct jsonw w;
	buf_reset(&m->json);
	jsonw_init(&w, &m->json);
	return w;
}

static int add(struct making *m, struct packet_part *to, const char *path, struct err *e)
{
	if (!buf_ok(&m->json))
		return err_set(e, buf_code(&m->json), NULL, "one page of the packet is larger than %zu MiB", PAGE_MAX >> 20);
	return packet_part_add(to, path, buf_slice(&m->json), e);
}

/* ---- the unit ---- */

/* What the page goes by, under the seal: what stands in clear anybody could have changed. */
static int put_about(struct making *m, struct err *e)
{
	struct jsonw w = begin(m);
	jsonw_obj(&w);
	jsonw_kstr(&w, "unit", m->unit);
	jsonw_kstr(&w, "site", m->p->site_name);
	jsonw_kstr(&w, "origin", m->about.origin);
	jsonw_ktime(&w, "made", m->about.made);
	jsonw_ktime(&w, "until", m->about.until);
	jsonw_ki64(&w, "zoneMinutes", m->p->zone_minutes);
	if (m->p->drill)
		jsonw_kbool(&w, "drill", true);
	put_moment(&w, m->at);
	jsonw_obj_end(&w);
	return add(m, m->data, "about", e);
}

static int put_board(struct making *m, struct err *e)
{
	struct chart_feed *feeds;
	int r = chart_feeds(m->p->chart, m->about.made, m->a, &feeds, e);
	if (r < 0)
		return r;
	struct jsonw w = begin(m);
	jsonw_obj(&w);
	jsonw_ktime(&w, "now", m->about.made);
	jsonw_key(&w, "ledger");
	jsonw_obj(&w);
	jsonw_ku64(&w, "size", m->at.end);
	jsonw_ku64(&w, "published", m->head.size);
	jsonw_kstr(&w, "origin", m->head.origin);
	jsonw_obj_end(&w);
	jsonw_key(&w, "view");
	jsonw_obj(&w);
	jsonw_ku64(&w, "applied", m->at.end);
	jsonw_ku64(&w, "behind", 0);
	put_moment(&w, m->at);
	jsonw_obj_end(&w);
	jsonw_key(&w, "feeds");
	chart_json_feeds(&w, feeds);
	jsonw_obj_end(&w);
	return add(m, m->data, "/api/board", e);
}

/* Is there such a unit? A name with a wrong letter must not make a packet of nobody. */
static int put_unit(struct making *m, struct err *e)
{
	struct chart_unit *u, *mine = NULL;
	AUTO_BUF struct buf names = {0};
	int r = chart_units(m->p->chart, m->at, m->a, &u, e);
	if (r < 0)
		return r;
	buf_init(&names, 240);
	struct jsonw w = begin(m);
	jsonw_obj(&w);
	put_moment(&w, m->at);
	jsonw_key(&w, "units");
	jsonw_arr(&w);
	for (; u; u = u->next) {
		bool is = slice_eq_str(u->unit, m->unit);
		if (!is && buf_ok(&names) && names.n + u->unit.n < 200)
			buf_printf(&names, "%s%.*s", names.n ? ", " : "", SLICE_FMT(u->unit));
		if (!is)
			continue;
		mine = u;
		jsonw_obj(&w);
		jsonw_kslice(&w, "facility", u->facility);
		jsonw_kslice(&w, "unit", u->unit);
		jsonw_ku64(&w, "patients", u->patients);
		jsonw_ku64(&w, "beds", u->beds);
		jsonw_obj_end(&w);
	}
	if (!mine && m->p->known) { /* nobody is in it at the moment, and no master file names its beds */
		jsonw_obj(&w);
		jsonw_kstr(&w, "facility", "");
		jsonw_kstr(&w, "unit", m->unit);
		jsonw_ku64(&w, "patients", 0);
		jsonw_ku64(&w, "beds", 0);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (!mine && !m->p->known)
		return err_set(e, ERR_NOT_FOUND, m->unit, names.n ? "there is no unit of this name; there are %s" : "nobody is in any unit, as far as was received%s", buf_cstr(&names));
	return add(m, m->data, "/api/units", e);
}

/* ---- whom to call ---- */

/* What its sheet of contacts shows: all there are, but for other units' staff. Who is on call the page tells by its own clock. */
static int put_contacts(struct making *m, struct err *e)
{
	const struct chart_contacts_ask ask = {.now = m->about.made, .category = -1, .unit = slice_str(m->unit), .unit_and_house = true};
	struct chart_contact *v;
	struct chart_contact_list *lists;
	size_t n;
	int r = chart_contacts(m->p->chart, m->at, &ask, m->a, &v, &n, &lists, e);
	if (r < 0)
		return r;
	struct jsonw w = begin(m);
	chart_json_contacts(&w, v, n, lists);
	return add(m, m->data, "/api/contacts", e);
}

/* ---- its patients ---- */

/* As the viewer shows one who has not said why they need to know: a taken bed, and no more. */
static void mask(struct chart_row *r)
{
	r->name_family = SLICE("[protected]");
	r->name_given = r->birth = r->number = r->assigner = r->visit = r->attending = r->alerts = SLICE_NULL;
	r->bedside = NULL;
}

static int put_census(struct making *m, struct chart_row *list, struct packet_part *to, struct err *e)
{
	struct jsonw w = begin(m);
	struct fhir_options o = {.zone_minutes = m->p->zone_minutes};
	chart_json_rows(&w, list, m->at, &o);
	return add(m, to, "/api/census", e);
}

static int put_chart(struct making *m, const struct chart_row *row, struct packet_part *to, struct err *e)
{
	struct chart_patient *p;
	char path[64];
	struct fhir_options o = {.zone_minutes = m->p->zone_minutes};
	arena_reset(m->page);
	int r = chart_patient(m->p->chart, slice_str(row->id), m->at, m->page, &p, NULL, e);
	if (r == 0)
		r = chart_judge(m->p->chart, p, m->about.made, m->page, e);
	if (r < 0)
		return r;
	struct jsonw w = begin(m);
	chart_json_patient(&w, p, &o);
	snprintf(path, sizeof path, "/api/patient/%s", row->id);
	return add(m, to, path, e);
}

static int put_patients(struct making *m, struct err *e)
{
	struct chart_row *list;
	size_t n;
	bool secrets = false;
	int r = chart_census(m->p->chart, m->at, slice_str(m->unit), m->a, &list, &n, e);
	for (struct chart_row *x = r == 0 ? list : NULL; x && r == 0; x = x->next) {
		struct packet_part *to = !x->is_protected ? m->data : m->has_apart ? m->apart : NULL;
		secrets |= x->is_protected;
		r = chart_bedside(m->p->chart, x, m->at, m->a, e);
		if (r == 0 && to)
			r = put_chart(m, x, to, e);
		m->about.persons += !x->is_protected;
		m->about.sealed_apart += x->is_protected && m->has_apart;
		m->about.left_out += x->is_protected && !m->has_apart;
	}
	if (r == 0 && secrets && m->has_apart)
		r = put_census(m, list, m->apart, e);
	for (struct chart_row *x = r == 0 ? list : NULL; x; x = x->next)
		if (x->is_protected)
			mask(x);
	return r < 0 ? r : put_census(m, list, m->data, e);
}

/* ---- the file ---- */

static int read_keys(struct making *m, struct err *e)
{
	int r = packet_key_load(m->p->sitefd, m->unit, false, &m->key, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, r, "key", "the unit %s has no words yet that open its packets: `holdfast packet key --site DIR --unit '%s'` makes them, or give --passphrase-file", m->unit, m->unit);
	if (r < 0)
		return r;
	r = packet_key_load(m->p->sitefd, m->unit, true, &m->apart_key, e);
	m->has_apart = r == 0;
	return r == ERR_NOT_FOUND ? 0 : r;
}

static int read_log(struct making *m, struct err *e)
{
	AUTO_BUF struct buf vkey = {0};
	AUTO_BUF struct buf note = {0};
	buf_init(&vkey, sizeof m->vkey - 1);
	buf_init(&note, 1 << 16);
	int r = file_read(m->p->sitefd, "ledger/vkey", sizeof m->vkey - 1, &vkey, e);
	if (r == 0)
		r = file_read(m->p->sitefd, "ledger/checkpoint", 1 << 16, &note, e);
	if (r == 0)
		r = tlog_checkpoint_parse(buf_slice(&note), &m->head, e);
	if (r < 0)
		return r;
	snprintf(m->vkey, sizeof m->vkey, "%.*s", SLICE_FMT(slice_trim(buf_slice(&vkey))));
	m->about.vkey = m->vkey;
	m->about.origin = m->head.origin;
	m->about.checkpoint = m->head.size;
	memcpy(m->about.root, m->head.root, SEAL_HASH);
	return 0;
}

static int gather(struct making *m, struct err *e)
{
	int r = chart_now(m->p->chart, &m->at, e);
	if (r < 0)
		return r;
	m->about.entries = m->at.end;
	m->about.entry_time = m->at.time;
	r = packet_part_new(&m->data, e);
	if (r == 0)
		r = put_about(m, e);
	if (r == 0)
		r = put_unit(m, e);
	if (r == 0)
		r = read_keys(m, e);
	if (r == 0 && m->has_apart)
		r = packet_part_new(&m->apart, e);
	if (r == 0)
		r = put_board(m, e);
	if (r == 0)
		r = put_contacts(m, e);
	return r < 0 ? r : put_patients(m, e);
}

static int sign(struct making *m, struct buf *file, size_t before, struct serve_packet_made *made, struct err *e)
{
	AUTO_BUF struct buf ask = {0};
	AUTO_BUF struct buf note = {0};
	AUTO_BUF struct buf hex = {0};
	uint8_t hash[SEAL_HASH];
	struct jsonw w;
	buf_init(&ask, 4096);
	buf_init(&note, 4096);
	buf_init(&hex, 128);
	seal_sha256_once(slice_of(file->p + before, file->n - before), hash);
	hex_put(&hex, slice_of(hash, sizeof hash));
	jsonw_init(&w, &ask);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "make");
	jsonw_kstr(&w, "unit", m->unit);
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_ku64(&w, "bytes", file->n - before);
	jsonw_ku64(&w, "entries", m->about.entries);
	jsonw_ku64(&w, "persons", m->about.persons);
	jsonw_ku64(&w, "protected", m->about.left_out);
	jsonw_ku64(&w, "apart", m->about.sealed_apart);
	jsonw_ktime(&w, "made", m->about.made);
	jsonw_ktime(&w, "until", m->about.until);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	int r = m->p->sign(m->p->arg, buf_slice(&ask), &note, e);
	if (r == 0)
		r = packet_end(file, buf_slice(&note), e);
	if (r < 0)
		return r;
	*made = (struct serve_packet_made){.entries = m->about.entries, .bytes = file->n - before, .persons = m->about.persons, .left_out = m->about.left_out, .sealed_apart = m->about.sealed_apart, .made = m->about.made, .until = m->about.until};
	snprintf(made->sha256, sizeof made->sha256, "%s", buf_cstr(&hex));
	return 0;
}

int serve_packet_make(const struct serve_packet *p, struct buf *ret, struct serve_packet_made *ret_made, struct err *e)
{
	struct making m = {.p = p};
	size_t before = ret->n;
	struct serve_packet_made made;
	assert(p->hours >= 1 && p->hours <= PACKET_HOURS_MAX);
	int r = packet_unit_check(slice_str(p->unit), e);
	if (r < 0)
		return r;
	snprintf(m.unit, sizeof m.unit, "%s", p->unit);
	m.about.made = time_now() / TIME_SEC * TIME_SEC;
	m.about.until = m.about.made + p->hours * 3600 * TIME_SEC;
	m.about.site = p->site_name;
	m.about.unit = m.unit;
	m.about.zone_minutes = p->zone_minutes;
	m.about.drill = p->drill;
	m.a = arena_new((size_t)1 << 30);
	m.page = arena_new((size_t)1 << 30);
	buf_init(&m.json, PAGE_MAX);
	r = m.a && m.page ? read_log(&m, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = gather(&m, e);
	if (r == 0)
		r = packet_write(&m.about, &m.key, m.data, m.has_apart && m.about.sealed_apart ? &m.apart_key : NULL, m.about.sealed_apart ? m.apart : NULL, ret, e);
	if (r == 0)
		r = sign(&m, ret, before, &made, e);
	packet_part_free(m.data);
	packet_part_free(m.apart);
	buf_done(&m.json);
	arena_free(m.a);
	arena_free(m.page);
	if (r == 0)
		*ret_made = made;
	return r;
}
