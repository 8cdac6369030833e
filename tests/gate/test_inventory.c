/* Readers of inventories, and how records become devices. */
#include "exposure_internal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <cmocka.h>

static struct gate_inventory *fresh(void)
{
	struct gate_inventory *v = gate_inventory_new((size_t)256 << 20);
	assert_non_null(v);
	return v;
}

static int text(struct gate_inventory *v, const char *s)
{
	struct err e = {0};
	return gate_inventory_read(v, "x", slice_str(s), &e);
}

static void file(struct gate_inventory *v, const char *name)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	char path[256];
	buf_init(&b, 1 << 24);
	snprintf(path, sizeof path, "tests/data/gate/%s", name);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 24, &b, &e), 0);
	if (gate_inventory_read(v, name, buf_slice(&b), &e) < 0)
		fail_msg("%s: %s", name, e.text);
}

static const struct gate_device *of(const struct gate_inventory *v, enum gate_field f, const char *value)
{
	const struct gate_device *hit = NULL;
	for (size_t i = 0; i < v->n; i++)
		for (const struct gate_said *s = v->device[i]->said; s; s = s->next)
			if (s->field == f && slice_eq_nocase(s->value, value))
				hit = v->device[i];
	return hit;
}

static bool noted(const struct gate_inventory *v, const char *word)
{
	for (const struct gate_note *n = v->notes; n; n = n->next)
		if (strstr(n->text, word))
			return true;
	return false;
}

#define SAYS(d, f, want) assert_true(slice_eq_str(gate_device_text(d, f), want))

static void csv(void **state)
{
	struct gate_inventory *v = fresh();
	file(v, "devices.csv");
	assert_int_equal(v->n, 6);
	const struct gate_device *d = of(v, GATE_F_NAME, "ICU-MON-1");
	assert_non_null(d);
	SAYS(d, GATE_F_MAC, "00:09:fb:11:22:33");
	SAYS(d, GATE_F_ADDRESS, "10.1.1.11");
	SAYS(d, GATE_F_OWNER, "Biomed; ICU");
	SAYS(d, GATE_F_USE, "Patient monitor");
	assert_int_equal(gate_device_said(d, GATE_F_NAME)->line, 3);
	const struct gate_said *other = gate_device_said(d, GATE_F_OTHER);
	assert_true(slice_eq_str(other->column, "Asset No") && slice_eq_str(other->value, "A-100"));
	gate_inventory_free(v);
}

static void csv_shapes(void **state)
{
	static const char *const good[] = {"name,ip\na,10.0.0.1\n", "\xEF\xBB\xBFName;IP-Adresse;MAC\r\na;10.0.0.1;\r\n", "sep=|\nname|ip address\na|10.0.0.1\n", "\"name\"\t\"ip\"\n\"a\"\t\"10.0.0.1\"", "\xff\xfen\0a\0m\0e\0,\0i\0p\0\n\0a\0,\0" "1\0" "0\0.\0" "0\0.\0" "0\0.\0" "1\0",
		"Nom,Adresse IP,Mod\xe8le\na,10.0.0.1,x\n", "\n\nname,ip\n\na,10.0.0.1/24\n", "ip\n10.0.0.1\n"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct gate_inventory *v = fresh();
		struct err e = {0};
		size_t n = i == 4 ? 38 : strlen(good[i]);
		if (gate_inventory_read(v, "x", slice_of(good[i], n), &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		assert_int_equal(v->n, 1);
		SAYS(v->device[0], GATE_F_ADDRESS, "10.0.0.1");
		gate_inventory_free(v);
	}
	static const char *const bad[] = {"", "hello world\n", "{\"a\":1}", "colour,size\nred,4\n", "\n\n\n"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct gate_inventory *v = fresh();
		assert_int_equal(text(v, bad[i]), ERR_INPUT);
		gate_inventory_free(v);
	}
}

static void csv_odd(void **state)
{
	struct gate_inventory *v = fresh();
	/* several addresses, a broken one, no-card MACs, a quote that never closes, more fields than the header, line ends in quotes */
	assert_int_equal(text(v, "name,ip,mac,model\na,\"10.0.0.1, fe80::1%eth0\",00:00:00:00:00:00,\"two\nlines \"\"q\"\"\"\nb,300.1.1.1,zz,x,y\nc,10.0.0.3,,\"open\nd,10.0.0.4,ffffffffffff,\n"), 0);
	assert_int_equal(v->n, 4);
	assert_non_null(of(v, GATE_F_ADDRESS, "fe80::1"));
	SAYS(of(v, GATE_F_NAME, "a"), GATE_F_MODEL, "two\nlines \"q\"");
	assert_int_equal(gate_device_said(of(v, GATE_F_NAME, "b"), GATE_F_NAME)->line, 4);
	assert_null(of(v, GATE_F_MAC, "00:00:00:00:00:00"));
	assert_true(noted(v, "is no address") && noted(v, "is no MAC") && noted(v, "never closed") && noted(v, "past the header"));
	gate_inventory_free(v);
}

static void leases(void **state)
{
	struct gate_inventory *v = fresh();
	file(v, "dhcpd.leases");
	assert_int_equal(v->n, 2); /* one free and one expired are gone, and the journal's last word counts */
	SAYS(of(v, GATE_F_ADDRESS, "10.1.1.11"), GATE_F_NAME, "icu-mon-1");
	assert_int_equal(gate_device_said(of(v, GATE_F_ADDRESS, "10.1.1.11"), GATE_F_NAME)->line, 10);
	gate_inventory_free(v);
	v = fresh();
	file(v, "kea.csv");
	assert_int_equal(v->n, 1);
	SAYS(v->device[0], GATE_F_NAME, "ekg-cart-4");
	SAYS(v->device[0], GATE_F_MAC, "00:1b:21:aa:00:04");
	assert_true(noted(v, "2 leases"));
	gate_inventory_free(v);
	v = fresh();
	file(v, "dnsmasq.leases");
	assert_int_equal(v->n, 3);
	assert_non_null(of(v, GATE_F_ADDRESS, "fd00:6::10"));
	assert_null(gate_device_said(of(v, GATE_F_ADDRESS, "10.6.0.11"), GATE_F_NAME));
	gate_inventory_free(v);
	v = fresh();
	assert_int_equal(text(v, "host mri { hardware ethernet 00:1b:21:00:00:aa; fixed-address 10.2.0.77; }\nlease 10.0.0.9 {\n  hardware ethernet 00:1b:21:00:00:ab;\n"), 0);
	assert_int_equal(v->n, 1);
	SAYS(v->device[0], GATE_F_NAME, "mri");
	assert_true(noted(v, "ends within a lease"));
	gate_inventory_free(v);
}

static void nmap(void **state)
{
	struct gate_inventory *v = fresh();
	file(v, "scan.xml");
	assert_int_equal(v->n, 2); /* the third host is down */
	const struct gate_device *d = of(v, GATE_F_ADDRESS, "10.2.0.5");
	assert_int_equal(d->ports->port, 445);
	assert_int_equal(d->ports->next->port, 3389);
	assert_null(d->ports->next->next); /* 8080 is filtered */
	assert_false(gate_device_said(d, GATE_F_OS)->guess);
	d = of(v, GATE_F_MAC, "00:1b:21:00:00:07");
	assert_true(gate_device_said(d, GATE_F_OS)->guess);
	assert_true(slice_eq_str(d->ports->cpe, "cpe:/a:busybox:busybox:1.20.2") && slice_eq_str(d->ports->version, "1.20.2"));
	SAYS(d, GATE_F_NIC, "Intel Corporate");
	gate_inventory_free(v);
}

static void nmap_hostile(void **state)
{
	struct gate_inventory *v = fresh();
	assert_int_equal(text(v, "<!DOCTYPE nmaprun [<!ENTITY a \"x\">]><nmaprun><host><address addr=\"10.0.0.1\" addrtype=\"ipv4\"/></host></nmaprun>"), ERR_INPUT);
	assert_int_equal(text(v, "<nmaprun><host></nmaprun>"), ERR_INPUT);
	assert_int_equal(v->n, 0);
	assert_int_equal(text(v, "<nmaprun><host><address addr=\"10.0.0.1\" addrtype=\"ipv4\"/></host><host><address addr=\"10.0.0.2\" addrtype=\"ipv4\"/>"), 0);
	assert_int_equal(v->n, 1); /* broken off: what is whole */
	assert_true(noted(v, "ends in the middle"));
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_str(&b, "<nmaprun>");
	for (int i = 0; i < 2000; i++)
		buf_str(&b, "<a>");
	struct err e = {0};
	assert_int_equal(gate_inventory_read(v, "deep", buf_slice(&b), &e), ERR_LIMIT);
	gate_inventory_free(v);
}

/* What joins, and what does not. */
static void joins(void **state)
{
	struct gate_inventory *v = fresh();
	file(v, "devices.csv");
	file(v, "dhcpd.leases");
	file(v, "scan.xml");
	assert_int_equal(v->n, 7); /* icu-mon-9 of the leases alone is new */
	assert_non_null(of(v, GATE_F_NAME, "CT-1")->ports);  /* by address and name (its full one) */
	assert_non_null(of(v, GATE_F_NAME, "PUMP-7")->ports); /* by MAC */
	assert_false(of(v, GATE_F_NAME, "CT-1")->by_address);
	SAYS(of(v, GATE_F_NAME, "CT-1"), GATE_F_UNIT, "Radiology");
	assert_null(v->notes && !noted(v, "leases are free") ? v->notes : NULL);
	gate_inventory_free(v);

	static const struct {
		const char *a, *b;
		size_t devices;
		const char *note;
	} t[] = {
		{"name,mac,ip\na,00:1b:21:00:00:01,10.0.0.1\n", "name,mac,ip\nb,00:1b:21:00:00:01,10.0.0.2\n", 1, "name is 'b' here and 'a'"}, /* the MAC decides, the names are both kept */
		{"name,mac,ip\na,00:1b:21:00:00:01,10.0.0.1\n", "name,mac,ip\na,00:1b:21:00:00:02,10.0.0.1\n", 2, "another MAC"},
		{"name,ip\na,10.0.0.1\n", "name,ip\nb,10.0.0.1\n", 2, "another name"},
		{"name,ip\na,10.0.0.1\n", "name,ip\na.hospital.example,10.0.0.1\n", 1, NULL},
		{"name,ip\na,10.0.0.1\n", "ip,os\n10.0.0.1,Debian 12\n", 1, NULL},
		{"name,ip\na,10.0.0.1\nb,10.0.0.1\n", "ip,os\n10.0.0.1,Debian 12\n", 3, "no name or MAC says which"},
		{"name,ip,model\na,10.0.0.1,X 100\n", "name,ip,model\na,10.0.0.1,Y 200\n", 1, "model is 'Y 200' here and 'X 100'"},
		{"name,ip,os\na,10.0.0.1,Windows 7\n", "name,ip,os\na,10.0.0.1,Microsoft Windows 7 SP1\n", 1, NULL},
		{"name,mac\na,00:1b:21:00:00:01\nb,00:1b:21:00:00:02\n", "name,mac\na,\"00:1b:21:00:00:01 00:1b:21:00:00:02\"\n", 2, "another MAC of this line"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		v = fresh();
		assert_int_equal(text(v, t[i].a), 0);
		assert_int_equal(text(v, t[i].b), 0);
		if (v->n != t[i].devices || (t[i].note ? !noted(v, t[i].note) : v->notes != NULL))
			fail_msg("%zu: %zu devices, %s", i, v->n, v->notes ? v->notes->text : "no note");
		gate_inventory_free(v);
	}
}

static void limits(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 24);
	buf_str(&b, "name,ip\n");
	for (int i = 0; i < 5000; i++)
		buf_str(&b, "a,10.0.0.1\n");
	struct gate_inventory *v = fresh();
	struct err e = {0};
	assert_int_equal(gate_inventory_read(v, "x", buf_slice(&b), &e), 0);
	assert_int_equal(v->n, 1);
	assert_int_equal(v->device[0]->records, GATE_RECORDS_MAX);
	assert_true(noted(v, "left out"));
	gate_inventory_free(v);
	v = gate_inventory_new(4096);
	assert_int_equal(gate_inventory_read(v, "x", buf_slice(&b), &e), ERR_LIMIT);
	gate_inventory_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(csv), cmocka_unit_test(csv_shapes), cmocka_unit_test(csv_odd), cmocka_unit_test(leases), cmocka_unit_test(nmap), cmocka_unit_test(nmap_hostile), cmocka_unit_test(joins), cmocka_unit_test(limits)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
