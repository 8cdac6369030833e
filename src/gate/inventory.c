/* The list of devices: statements are collected, records of one device joined, contradictions kept and noted. How it joins is in gate.h. */
#include "exposure_internal.h"

#include <arpa/inet.h>

#define BUCKETS 65536u
#define SAME_MAX 64u /* devices looked at that share an address or a MAC: more are a mistake in the file, and said */

struct place { /* a MAC, an address or a name, and a device that has it */
	enum gate_field field;
	struct slice value;
	struct gate_device *device;
	struct place *next;
};
struct gate_index {
	struct place *bucket[BUCKETS];
	uint64_t salt; /* so that no file can be written to fill one bucket */
};

static const char *const field_names[GATE_FIELDS] = {"name", "address", "mac", "vendor", "model", "os", "os_version", "software", "version", "cpe", "unit", "use", "owner", "beds", "group",
	"network_card", "other"};

const char *gate_field_name(enum gate_field f)
{
	return field_names[f];
}

struct gate_inventory *gate_inventory_new(size_t limit)
{
	struct gate_inventory *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	v->a = arena_new(limit);
	v->index = calloc(1, sizeof *v->index);
	if (!v->a || !v->index) {
		gate_inventory_free(v);
		return NULL;
	}
	v->index->salt = (uint64_t)(uintptr_t)v->index * UINT64_C(0x9E3779B97F4A7C15);
	return v;
}

void gate_inventory_free(struct gate_inventory *v)
{
	if (!v)
		return;
	arena_free(v->a);
	free(v->index);
	free(v->device);
	free(v);
}

int inv_room(const struct gate_inventory *v, struct err *e)
{
	int code = arena_code(v->a);
	return err_set(e, code ? code : ERR_MEMORY, NULL, "there is no room for the whole inventory: read fewer files at once");
}

int inv_note(struct gate_inventory *v, const char *file, uint32_t line, struct err *e, const char *fmt, ...)
{
	if (v->notes_n == GATE_NOTES_MAX) {
		v->notes_more++;
		return 0;
	}
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct gate_note *n = arena_alloc(v->a, sizeof *n);
	struct slice s = slice_str(text);
	char *copy = n ? arena_strdup(v->a, slice_of(s.p, utf8_valid_prefix(s))) : NULL;
	if (!copy)
		return inv_room(v, e);
	*n = (struct gate_note){file, line, copy, NULL};
	if (v->notes_last)
		v->notes_last->next = n;
	else
		v->notes = n;
	v->notes_last = n;
	v->notes_n++;
	return 0;
}

/* ---- addresses in one spelling ---- */

bool address_bytes(struct slice s, uint8_t out[16], unsigned *ret_bits)
{
	char text[64];
	struct slice bits;
	struct slice a = slice_trim(slice_cut(slice_trim(s), '/', &bits));
	a = slice_cut(a, '%', &(struct slice){0});
	if (a.n > 2 && a.p[0] == '[' && a.p[a.n - 1] == ']')
		a = slice_of(a.p + 1, a.n - 2);
	if (!a.n || a.n >= sizeof text)
		return false;
	memcpy(text, a.p, a.n);
	text[a.n] = 0;
	uint64_t n = 128;
	memset(out, 0, 16);
	if (strlen(text) != a.n)
		return false;
	bool four = inet_pton(AF_INET, text, out + 12) == 1;
	if (four)
		out[10] = out[11] = 0xff;
	else if (inet_pton(AF_INET6, text, out) != 1)
		return false;
	if (bits.p) {
		if (num_u64(slice_trim(bits), 0, four ? 32 : 128, &n) < 0)
			return false;
		n += four ? 96 : 0;
	}
	for (unsigned i = (unsigned)n; i < 128; i++)
		out[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	*ret_bits = (unsigned)n;
	return true;
}

bool address_text(struct slice s, char out[64])
{
	uint8_t b[16];
	unsigned bits;
	struct slice host = slice_cut(s, '/', &(struct slice){0}); /* 10.1.1.5/24 is the host 10.1.1.5 */
	static const uint8_t four[12] = {[10] = 0xff, [11] = 0xff};
	if (!address_bytes(host, b, &bits))
		return false;
	if (!memcmp(b, four, sizeof four))
		return inet_ntop(AF_INET, b + 12, out, 64) != NULL;
	return inet_ntop(AF_INET6, b, out, 64) != NULL;
}

static int hex_of(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* "00:1b:21:aa:bb:cc" of any usual spelling. false: none; *ret_real false: one that belongs to no single card. */
static bool mac_text(struct slice s, char out[18], bool *ret_real)
{
	uint8_t b[6] = {0};
	unsigned digits = 0;
	s = slice_trim(s);
	for (size_t i = 0; i < s.n; i++) {
		int h = hex_of(s.p[i]);
		if (h < 0) {
			if (s.p[i] == ':' || s.p[i] == '-' || s.p[i] == '.')
				continue;
			return false;
		}
		if (digits == 12)
			return false;
		b[digits / 2] = (uint8_t)(b[digits / 2] << 4 | h);
		digits++;
	}
	if (digits != 12)
		return false;
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	*ret_real = !(b[0] & 1) && (b[0] | b[1] | b[2] | b[3] | b[4] | b[5]);
	return true;
}

/* ---- statements ---- */

struct gate_device *inv_begin(struct gate_inventory *v, struct err *e)
{
	struct gate_device *d = arena_alloc(v->a, sizeof *d);
	if (!d)
		inv_room(v, e);
	return d;
}

int inv_say(struct gate_inventory *v, struct gate_device *d, enum gate_field f, struct slice column, struct slice value, bool guess, const char *file, uint32_t line, struct err *e)
{
	value = slice_trim(value);
	if (!value.n)
		return 0;
	struct gate_said *s = arena_alloc(v->a, sizeof *s);
	if (!s)
		return inv_room(v, e);
	*s = (struct gate_said){f, guess, column.n ? arena_dup(v->a, column) : SLICE_NULL, arena_dup(v->a, slice_of(value.p, value.n < 4096 ? value.n : 4096)), file, line, NULL};
	if (!s->value.p || (column.n && !s->column.p))
		return inv_room(v, e);
	if (d->said_last)
		d->said_last->next = s;
	else
		d->said = s;
	d->said_last = s;
	return 0;
}

static bool between(uint8_t c)
{
	return c == ' ' || c == ',' || c == ';' || c == '|' || c == '\n' || c == '\r' || c == '\t';
}

static struct slice take_item(struct slice *list)
{
	size_t i = 0, k;
	if (!list->n)
		return SLICE_NULL;
	while (i < list->n && between(list->p[i]))
		i++;
	for (k = i; k < list->n && !between(list->p[k]); k++)
		;
	struct slice item = slice_of(list->p + i, k - i);
	*list = slice_of(list->p + k, list->n - k);
	return item;
}

int inv_addresses(struct gate_inventory *v, struct gate_device *d, struct slice list, const char *file, uint32_t line, struct err *e)
{
	int r = 0;
	unsigned n = 0;
	for (struct slice item; r == 0 && n < SAME_MAX && (item = take_item(&list)).n; n++) {
		char text[64];
		if (address_text(item, text))
			r = inv_say(v, d, GATE_F_ADDRESS, SLICE_NULL, slice_str(text), false, file, line, e);
		else if (!slice_eq_nocase(item, "dhcp")) {
			r = inv_say(v, d, GATE_F_OTHER, SLICE("address"), item, false, file, line, e);
			if (r == 0)
				r = inv_note(v, file, line, e, "'%.*s' is no address: kept as it stands", (int)(item.n < 60 ? item.n : 60), (const char *)item.p);
		}
	}
	return r;
}

int inv_macs(struct gate_inventory *v, struct gate_device *d, struct slice list, const char *file, uint32_t line, struct err *e)
{
	int r = 0;
	unsigned n = 0;
	for (struct slice item; r == 0 && n < SAME_MAX && (item = take_item(&list)).n; n++) {
		char text[18];
		bool real;
		if (!mac_text(item, text, &real)) {
			r = inv_say(v, d, GATE_F_OTHER, SLICE("mac"), item, false, file, line, e);
			if (r == 0)
				r = inv_note(v, file, line, e, "'%.*s' is no MAC address: kept as it stands", (int)(item.n < 60 ? item.n : 60), (const char *)item.p);
		} else if (real)
			r = inv_say(v, d, GATE_F_MAC, SLICE_NULL, slice_str(text), false, file, line, e);
	}
	return r;
}

const struct gate_said *gate_device_said(const struct gate_device *d, enum gate_field f)
{
	const struct gate_said *guess = NULL;
	for (const struct gate_said *s = d->said; s; s = s->next)
		if (s->field == f) {
			if (!s->guess)
				return s;
			guess = guess ? guess : s;
		}
	return guess;
}

struct slice gate_device_text(const struct gate_device *d, enum gate_field f)
{
	const struct gate_said *s = gate_device_said(d, f);
	return s ? s->value : SLICE_NULL;
}

/* ---- joining ---- */

static struct place **bucket_of(struct gate_index *x, enum gate_field f, struct slice value)
{
	uint64_t h = x->salt ^ (uint64_t)f;
	for (size_t i = 0; i < value.n; i++) {
		h = (h ^ value.p[i]) * UINT64_C(0x100000001B3);
		h ^= h >> 29;
	}
	return &x->bucket[(h ^ h >> 32) % BUCKETS];
}


/* Devices that have it, at most SAME_MAX; a device once. */
static size_t find(struct gate_inventory *v, enum gate_field f, struct slice value, struct gate_device *out[SAME_MAX])
{
	size_t n = 0;
	for (struct place *p = *bucket_of(v->index, f, value); p && n < SAME_MAX; p = p->next)
		if (p->field == f && slice_eq(p->value, value))
			out[n++] = p->device;
	return n;
}

static int index_one(struct gate_inventory *v, struct gate_device *d, const struct gate_said *s, struct err *e)
{
	struct place **b = bucket_of(v->index, s->field, s->value), *p;
	unsigned same = 0;
	for (p = *b; p; p = p->next)
		if (p->field == s->field && slice_eq(p->value, s->value) && (p->device == d || ++same == SAME_MAX))
			return 0;
	p = arena_alloc(v->a, sizeof *p);
	if (!p)
		return inv_room(v, e);
	*p = (struct place){s->field, s->value, d, *b};
	*b = p;
	return 0;
}

/* A short name is the same as a full one that begins with it. */
static bool same_name(struct slice a, struct slice b)
{
	struct slice ra, rb, ha = slice_cut(a, '.', &ra), hb = slice_cut(b, '.', &rb);
	if (a.n == b.n ? strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0 : false)
		return true;
	return (!ra.n || !rb.n) && ha.n == hb.n && strncasecmp((const char *)ha.p, (const char *)hb.p, ha.n) == 0;
}

enum agree { NOTHING_SAID, AGREE, DIFFER };
static enum agree compare(const struct gate_device *a, const struct gate_device *b, enum gate_field f)
{
	bool have_a = false, have_b = false;
	for (const struct gate_said *s = b->said; s; s = s->next)
		have_b |= s->field == f;
	for (const struct gate_said *s = a->said; s; s = s->next) {
		if (s->field != f)
			continue;
		have_a = true;
		for (const struct gate_said *t = b->said; t; t = t->next)
			if (t->field == f && (f == GATE_F_NAME ? same_name(s->value, t->value) : slice_eq(s->value, t->value)))
				return AGREE;
	}
	return have_a && have_b ? DIFFER : NOTHING_SAID;
}

static int by_mac(struct gate_inventory *v, const struct gate_device *d, struct gate_device **ret, struct err *e)
{
	struct gate_device *same[SAME_MAX];
	for (const struct gate_said *s = d->said; s; s = s->next) {
		size_t n = s->field == GATE_F_MAC ? find(v, GATE_F_MAC, s->value, same) : 0;
		if (!n)
			continue;
		if (*ret && *ret != same[0]) {
			int r = inv_note(v, s->file, s->line, e, "MAC %.*s is of device %u, another MAC of this line is of device %u: joined with the second", SLICE_FMT(s->value), same[0]->number, (*ret)->number);
			if (r < 0)
				return r;
		} else
			*ret = same[0];
	}
	return 0;
}

/* What keeps a record from a device that has its address; NULL: nothing. */
static const char *against(const struct gate_device *d, const struct gate_device *other)
{
	return compare(d, other, GATE_F_MAC) == DIFFER ? "another MAC" : compare(d, other, GATE_F_NAME) == DIFFER ? "another name" : NULL;
}

static int by_address(struct gate_inventory *v, const struct gate_device *d, struct gate_device **ret, bool *ret_alone, struct err *e)
{
	struct gate_device *same[SAME_MAX], *named = NULL, *alone = NULL;
	size_t alone_n = 0;
	for (const struct gate_said *s = d->said; s && !named; s = s->next) {
		size_t n = s->field == GATE_F_ADDRESS ? find(v, GATE_F_ADDRESS, s->value, same) : 0;
		for (size_t i = 0; i < n; i++) {
			const char *no = against(d, same[i]);
			if (no) {
				int r = inv_note(v, s->file, s->line, e, "address %.*s is of device %u too, which has %s: kept apart", SLICE_FMT(s->value), same[i]->number, no);
				if (r < 0)
					return r;
			} else if (compare(d, same[i], GATE_F_NAME) == AGREE || compare(d, same[i], GATE_F_MAC) == AGREE)
				named = same[i];
			else if (same[i] != alone) {
				alone = same[i];
				alone_n++;
			}
		}
	}
	if (!named && alone_n > 1)
		return inv_note(v, d->said->file, d->said->line, e, "its address is of %zu devices, and no name or MAC says which of them it is: kept apart", alone_n);
	*ret = named ? named : alone;
	*ret_alone = !named && alone;
	return 0;
}

/* Statements of which a device has one: two that differ are a conflict. */
static bool single(enum gate_field f)
{
	return f == GATE_F_NAME || f == GATE_F_VENDOR || f == GATE_F_MODEL || f == GATE_F_OS || f == GATE_F_OS_VERSION || f == GATE_F_UNIT || f == GATE_F_USE || f == GATE_F_OWNER ||
	       f == GATE_F_BEDS || f == GATE_F_GROUP;
}

static int note_conflicts(struct gate_inventory *v, const struct gate_device *was, const struct gate_device *d, struct err *e)
{
	for (const struct gate_said *s = d->said; s; s = s->next) {
		const struct gate_said *old = single(s->field) && !s->guess ? gate_device_said(was, s->field) : NULL;
		if (!old || old->guess || (s->field == GATE_F_NAME ? same_name(old->value, s->value) : words_same_text(v->a, old->value, s->value)))
			continue;
		int r = inv_note(v, s->file, s->line, e, "device %u: %s is '%.*s' here and '%.*s' in %s line %u: both are kept, the first counts", was->number, gate_field_name(s->field),
			(int)(s->value.n < 60 ? s->value.n : 60), (const char *)s->value.p, (int)(old->value.n < 60 ? old->value.n : 60), (const char *)old->value.p, old->file, old->line);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_new(struct gate_inventory *v, struct gate_device *d, struct err *e)
{
	if (v->n == GATE_DEVICES_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more than %u devices", GATE_DEVICES_MAX);
	if (v->n == v->room) {
		size_t room = v->room ? v->room * 2 : 256;
		struct gate_device **p = realloc(v->device, room * sizeof(struct gate_device *));
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		v->device = p;
		v->room = room;
	}
	v->device[v->n++] = d;
	d->number = (uint32_t)v->n;
	return 0;
}

static void append(struct gate_device *to, struct gate_device *d)
{
	if (to->said_last)
		to->said_last->next = d->said;
	else
		to->said = d->said;
	to->said_last = d->said_last ? d->said_last : to->said_last;
	if (!d->ports)
		return;
	if (to->ports_last)
		to->ports_last->next = d->ports;
	else
		to->ports = d->ports;
	to->ports_last = d->ports_last;
}

int inv_add(struct gate_inventory *v, struct gate_device *d, struct err *e)
{
	struct gate_device *to = NULL;
	const struct gate_said *said = d->said, *end = d->said_last;
	bool alone = false;
	if (!said)
		return 0;
	int r = by_mac(v, d, &to, e);
	if (r == 0 && !to)
		r = by_address(v, d, &to, &alone, e);
	if (r < 0)
		return r;
	if (to && to->records == GATE_RECORDS_MAX)
		return inv_note(v, said->file, said->line, e, "device %u has %u records already: this one is left out", to->number, GATE_RECORDS_MAX);
	if (to) {
		to->records++;
		r = note_conflicts(v, to, d, e);
		to->by_address |= alone;
		append(to, d);
	} else {
		d->records = 1;
		r = take_new(v, d, e);
		to = d;
	}
	for (const struct gate_said *s = said; r == 0 && s; s = s == end ? NULL : s->next)
		if (s->field == GATE_F_MAC || s->field == GATE_F_ADDRESS)
			r = index_one(v, to, s, e);
	return r;
}

/* ---- which format ---- */

static bool nmap_looks(struct slice t)
{
	return memmem(t.p, t.n < 4096 ? t.n : 4096, "<nmaprun", 8) != NULL;
}

int gate_inventory_read(struct gate_inventory *v, const char *file, struct slice text, struct err *e)
{
	if (text.n > GATE_FILE_MAX)
		return err_set(e, ERR_LIMIT, file, "it is longer than an inventory file that is read here");
	char *name = arena_strdup(v->a, slice_str(file));
	if (!name)
		return inv_room(v, e);
	if (!text.n)
		return err_set(e, ERR_INPUT, file, "the file is empty");
	if (nmap_looks(text))
		return inv_nmap(v, name, text, e);
	struct arena *scratch = arena_new(text.n * 3 + (1 << 20));
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct slice t;
	int r = csv_utf8(text, scratch, &t, e);
	if (r == 0) {
		char key[64];
		csv_key(slice_cut(t, ',', &(struct slice){0}), key);
		bool kea = !strcmp(key, "address") && memmem(t.p, t.n < 512 ? t.n : 512, "valid_lifetime", 14);
		r = isc_looks(t) ? inv_isc(v, name, t, e) : kea ? inv_kea(v, name, t, e) : dnsmasq_looks(t) ? inv_dnsmasq(v, name, t, e) : inv_csv(v, name, t, e);
	}
	arena_free(scratch);
	return r;
}
