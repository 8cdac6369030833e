/* An inventory as CSV: the header line says which column is what; a column that is not known is kept under its own name. */
#include "exposure_internal.h"

#define HEADER_ROWS 20 /* exports begin with a title, a date, a blank line */

static const struct {
	const char *key;
	enum gate_field field;
} columns[] = {
	{"name", GATE_F_NAME}, {"hostname", GATE_F_NAME}, {"host", GATE_F_NAME}, {"devicename", GATE_F_NAME}, {"device", GATE_F_NAME}, {"computername", GATE_F_NAME}, {"dnsname", GATE_F_NAME},
	{"fqdn", GATE_F_NAME}, {"assetname", GATE_F_NAME}, {"nom", GATE_F_NAME}, {"nomdhote", GATE_F_NAME}, {"名称", GATE_F_NAME}, {"设备名称", GATE_F_NAME}, {"主机名", GATE_F_NAME},
	{"address", GATE_F_ADDRESS}, {"addresses", GATE_F_ADDRESS}, {"ip", GATE_F_ADDRESS}, {"ips", GATE_F_ADDRESS}, {"ipaddress", GATE_F_ADDRESS}, {"ipaddresses", GATE_F_ADDRESS}, {"ipv4", GATE_F_ADDRESS}, {"ipv6", GATE_F_ADDRESS},
	{"ipv4address", GATE_F_ADDRESS}, {"ipv6address", GATE_F_ADDRESS}, {"adresseip", GATE_F_ADDRESS}, {"ipadresse", GATE_F_ADDRESS}, {"adresse", GATE_F_ADDRESS}, {"networkaddress", GATE_F_ADDRESS}, {"ip地址", GATE_F_ADDRESS}, {"地址", GATE_F_ADDRESS},
	{"mac", GATE_F_MAC}, {"macs", GATE_F_MAC}, {"macaddress", GATE_F_MAC}, {"macaddresses", GATE_F_MAC}, {"hwaddr", GATE_F_MAC}, {"hardwareaddress", GATE_F_MAC}, {"ethernet", GATE_F_MAC}, {"adressemac", GATE_F_MAC}, {"mac地址", GATE_F_MAC},
	{"vendor", GATE_F_VENDOR}, {"manufacturer", GATE_F_VENDOR}, {"make", GATE_F_VENDOR}, {"brand", GATE_F_VENDOR}, {"fabricant", GATE_F_VENDOR}, {"marque", GATE_F_VENDOR}, {"厂商", GATE_F_VENDOR}, {"制造商", GATE_F_VENDOR},
	{"model", GATE_F_MODEL}, {"product", GATE_F_MODEL}, {"productname", GATE_F_MODEL}, {"modelname", GATE_F_MODEL}, {"devicemodel", GATE_F_MODEL}, {"modele", GATE_F_MODEL}, {"produit", GATE_F_MODEL}, {"型号", GATE_F_MODEL},
	{"os", GATE_F_OS}, {"operatingsystem", GATE_F_OS}, {"osname", GATE_F_OS}, {"systemedexploitation", GATE_F_OS}, {"操作系统", GATE_F_OS},
	{"osversion", GATE_F_OS_VERSION}, {"operatingsystemversion", GATE_F_OS_VERSION}, {"osrelease", GATE_F_OS_VERSION}, {"osbuild", GATE_F_OS_VERSION}, {"versionos", GATE_F_OS_VERSION}, {"操作系统版本", GATE_F_OS_VERSION},
	{"software", GATE_F_SOFTWARE}, {"application", GATE_F_SOFTWARE}, {"softwarename", GATE_F_SOFTWARE}, {"logiciel", GATE_F_SOFTWARE}, {"软件", GATE_F_SOFTWARE},
	{"version", GATE_F_VERSION}, {"softwareversion", GATE_F_VERSION}, {"firmware", GATE_F_VERSION}, {"firmwareversion", GATE_F_VERSION}, {"productversion", GATE_F_VERSION}, {"swversion", GATE_F_VERSION}, {"fwversion", GATE_F_VERSION}, {"版本", GATE_F_VERSION},
	{"cpe", GATE_F_CPE}, {"cpe23", GATE_F_CPE},
	{"unit", GATE_F_UNIT}, {"ward", GATE_F_UNIT}, {"department", GATE_F_UNIT}, {"location", GATE_F_UNIT}, {"unitward", GATE_F_UNIT}, {"service", GATE_F_UNIT}, {"unite", GATE_F_UNIT}, {"site", GATE_F_UNIT}, {"科室", GATE_F_UNIT}, {"病区", GATE_F_UNIT},
	{"use", GATE_F_USE}, {"careuse", GATE_F_USE}, {"type", GATE_F_USE}, {"devicetype", GATE_F_USE}, {"category", GATE_F_USE}, {"class", GATE_F_USE}, {"role", GATE_F_USE}, {"function", GATE_F_USE}, {"purpose", GATE_F_USE}, {"usage", GATE_F_USE}, {"用途", GATE_F_USE}, {"类型", GATE_F_USE},
	{"owner", GATE_F_OWNER}, {"responsible", GATE_F_OWNER}, {"contact", GATE_F_OWNER}, {"proprietaire", GATE_F_OWNER}, {"responsable", GATE_F_OWNER}, {"负责人", GATE_F_OWNER},
	{"beds", GATE_F_BEDS}, {"patients", GATE_F_BEDS}, {"bedsdepending", GATE_F_BEDS}, {"patientsdepending", GATE_F_BEDS}, {"patientsbeds", GATE_F_BEDS}, {"dependentbeds", GATE_F_BEDS}, {"dependentpatients", GATE_F_BEDS}, {"lits", GATE_F_BEDS}, {"床位", GATE_F_BEDS}, {"床位数", GATE_F_BEDS},
	{"group", GATE_F_GROUP}, {"zone", GATE_F_GROUP}, {"segment", GATE_F_GROUP}, {"groupe", GATE_F_GROUP}, {"分组", GATE_F_GROUP},
};

static enum gate_field field_of(struct slice column)
{
	char key[64];
	csv_key(column, key);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		if (!strcmp(columns[i].key, key))
			return columns[i].field;
	return GATE_F_OTHER;
}

struct table {
	struct slice column[CSV_FIELDS_MAX];
	enum gate_field field[CSV_FIELDS_MAX];
	size_t n;
};

/* A header has a column that says which device it is, and one more that is known (or is one alone). */
static bool header_of(const struct slice *f, size_t n, struct table *t)
{
	unsigned known = 0;
	bool who = false;
	for (size_t i = 0; i < n; i++) {
		t->column[i] = f[i];
		t->field[i] = field_of(f[i]);
		known += t->field[i] != GATE_F_OTHER;
		who |= t->field[i] == GATE_F_NAME || t->field[i] == GATE_F_ADDRESS || t->field[i] == GATE_F_MAC;
	}
	t->n = n;
	return who && (known >= 2 || n == 1);
}

static int row_device(struct gate_inventory *v, const char *file, uint32_t line, const struct table *t, const struct slice *f, size_t n, struct err *e)
{
	struct gate_device *d = inv_begin(v, e);
	int r = d ? 0 : ERR_MEMORY;
	for (size_t i = 0; r == 0 && i < n && i < t->n; i++) {
		if (t->field[i] == GATE_F_ADDRESS)
			r = inv_addresses(v, d, f[i], file, line, e);
		else if (t->field[i] == GATE_F_MAC)
			r = inv_macs(v, d, f[i], file, line, e);
		else
			r = inv_say(v, d, t->field[i], t->field[i] == GATE_F_OTHER ? t->column[i] : SLICE_NULL, f[i], false, file, line, e);
	}
	if (r == 0 && n > t->n)
		r = inv_note(v, file, line, e, "the line has %zu fields and the header %zu: what is past the header was left out", n, t->n);
	return r == 0 ? inv_add(v, d, e) : r;
}

/* The separator that gives a header, and where its rows begin. */
static bool find_header(struct slice text, struct csv *c, struct table *t, struct arena *a)
{
	struct slice rest = text;
	struct slice first = slice_cut(rest, '\n', &rest);
	uint8_t given = first.n >= 5 && slice_starts(first, "sep=") ? first.p[4] : 0;
	uint32_t line = 1;
	for (rest = text; rest.p && line <= HEADER_ROWS; line++) {
		struct slice from = rest, field[CSV_FIELDS_MAX], head = slice_cut(rest, '\n', &rest);
		size_t n;
		csv_init(c, from, given ? given : csv_separator(head), a);
		c->line = line;
		if (slice_trim(head).n && csv_row(c, field, &n) && header_of(field, n, t))
			return true;
	}
	return false;
}

int inv_csv(struct gate_inventory *v, const char *file, struct slice text, struct err *e)
{
	struct csv c;
	struct table *t = arena_alloc(v->a, sizeof *t);
	struct slice field[CSV_FIELDS_MAX];
	size_t n;
	int r = 0;
	if (!t)
		return inv_room(v, e);
	if (!find_header(text, &c, t, v->a))
		return err_set(e, ERR_INPUT, file, "no header line with a column for the name, address or MAC of a device: is it an inventory (CSV, nmap -oX, DHCP leases)?");
	while (r == 0 && csv_row(&c, field, &n))
		r = row_device(v, file, c.row_line, t, field, n, e);
	if (r == 0 && c.no_room)
		r = inv_room(v, e);
	if (r == 0 && c.broken)
		r = inv_note(v, file, 0, e, "a quote is never closed: it was read as a letter");
	if (r == 0 && c.more_fields)
		r = inv_note(v, file, 0, e, "some lines have more than %u fields: the rest of them was left out", CSV_FIELDS_MAX);
	return r;
}
