/* Any bytes as an advisory, as a KEV list, and as a range of versions: read, compared with a few devices, said. */
#include "exposure_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void versions(struct slice s)
{
	struct slice b, a = slice_cut(s, '\n', &b);
	int k = 0, back = 0;
	bool ok = gate_version_compare(a, b, &k);
	assert(ok == gate_version_compare(b, a, &back) && (!ok || k == -back));
	(void)gate_version_in(a, b);
	assert(!gate_version_compare(a, a, &k) || k == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char devices[] = "name,vendor,model,version,os,cpe,ip\na,Philips,IntelliVue MX700,B.01,Windows XP,cpe:/o:microsoft:windows_xp,10.0.0.1\nb,V,P,1.0,,,10.0.0.2\n";
	struct gate_inventory *v = gate_inventory_new((size_t)16 << 20);
	struct gate_advisories *s = gate_advisories_new((size_t)64 << 20);
	struct gate_exposure *x = NULL;
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	buf_init(&out, (size_t)64 << 20);
	assert(v && s);
	versions(slice_of(data, size));
	int r = gate_inventory_read(v, "d", SLICE(devices), &e);
	assert(r == 0);
	r = gate_advisory_read(s, "f", slice_of(data, size), &e);
	assert(r == 0 || e.code);
	r = gate_kev_read(s, "k", slice_of(data, size), &e);
	for (const struct gate_advisory *a = s->first; a; a = a->next)
		for (size_t i = 0; i < a->vuln_n; i++)
			for (size_t k = 0; k < a->vuln[i].status_n; k++)
				assert(a->vuln[i].status[k].product >= a->product && a->vuln[i].status[k].product < a->product + a->product_n);
	r = gate_exposure_judge(v, s, INT64_C(1795000000) * TIME_SEC, (size_t)64 << 20, &x, &e);
	if (r == 0) {
		struct jsonw w;
		jsonw_init(&w, &out);
		gate_exposure_json(x, &w);
		jsonw_done(&w);
		gate_exposure_text(x, &out);
	}
	gate_exposure_free(x);
	gate_advisories_free(s);
	gate_inventory_free(v);
	return 0;
}
