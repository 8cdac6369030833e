/* Care at risk: how much care hangs on a device (1..10), times how much speaks for an attacker (0..10). Sums of stated terms, so that anybody can follow or dispute one.
 *
 *   care    use: keeps somebody alive 6, records and diagnosis that care waits for 5, shared infrastructure 4, other devices at patients 4, not known 3,
 *           workstations 2, the rest 1; beds or patients depending: 1 for one, 2 from 2, 3 from 10, 4 from 50
 *   danger  affected 2; affected by what is exploited in attacks 4; affected and reachable over the network without an account 2; only possibly so: half, at least 1;
 *           system out of support 3, only for who pays 2, ending within 180 days 1, not known 1; ports: Telnet, SMB, RDP, VNC, FTP, r-commands 2, one more of them 1 */
#include "exposure_internal.h"

#include <ctype.h>

struct use {
	int points;
	const char *why, *words; /* of one of these alternatives all must be in it */
};
static const struct use uses[] = {
	{6, "keeps somebody alive", "ventilator;infusion;syringe pump;anaesthesia;anesthesia;dialysis;defibrillator;heart lung;ecmo;incubator;respirateur;pompe;perfusion;呼吸机;输液;麻醉"},
	{6, "watches over patients", "monitor patient;patient monitor;bedside monitor;telemetry;monitor;central station;moniteur;surveillance;监护"},
	{5, "records and diagnosis that care waits for", "ehr;emr;his;lis;ris;pacs;lab;laboratory;analyser;analyzer;blood;ct;mri;scanner;x ray;xray;radiology;modality;imaging;pharmacy;dispensing;integration engine;interface engine;ecg;dpi;laboratoire;pharmacie;检验;药房;影像"},
	{4, "others need it to work", "domain controller;active directory;dns;dhcp;server;hypervisor;storage;switch;router;firewall;backup;serveur;服务器"},
	{4, "at patients", "ultrasound;endoscopy;nurse call;bed;thermometer;glucometer;pump;surgical;surgery;medical device"},
	{2, "a workplace", "workstation;pc;laptop;desktop;tablet;thin client;poste;工作站"},
	{1, "care goes on without it", "printer;phone;camera;building;hvac;badge;kiosk;tv;imprimante"},
};

static bool words_of_alternative(struct slice alt, const struct words *w)
{
	while (alt.n)
		if (!words_have(w, slice_cut(alt, ' ', &alt)))
			return false;
	return true;
}

static const struct use *use_of(struct slice text)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	struct words w;
	if (!a || !text.n || words_of(a, text, &w, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < w.n; i++) /* plurals */
		if (w.w[i].n > 3 && w.w[i].p[w.w[i].n - 1] == 's' && w.n < WORDS_MAX)
			w.w[w.n++] = slice_of(w.w[i].p, w.w[i].n - 1);
	for (size_t u = 0; u < ARRAY_LEN(uses); u++)
		for (struct slice alts = slice_str(uses[u].words); alts.n;) {
			struct slice alt = slice_cut(alts, ';', &alts);
			if (words_of_alternative(alt, &w) || (alt.p[0] >= 0x80 && memmem(text.p, text.n, alt.p, alt.n)))
				return &uses[u];
		}
	return NULL;
}

static void term(struct gate_exposure *x, struct gate_risk *r, bool danger, int points, const char *why)
{
	if (r->terms == GATE_TERMS_MAX || !points)
		return;
	r->term[r->terms] = (struct gate_term){points, why};
	r->term_danger[r->terms++] = danger;
	*(danger ? &r->danger : &r->care) += points;
}

static void rank_care(struct gate_exposure *x, struct gate_risk *r)
{
	struct slice use = gate_device_text(r->device, GATE_F_USE), beds = gate_device_text(r->device, GATE_F_BEDS);
	const struct use *u = use_of(use);
	if (!u)
		u = use_of(gate_device_text(r->device, GATE_F_MODEL));
	if (u)
		term(x, r, false, u->points, u->why);
	else
		term(x, r, false, 3, use.n ? "its use is not one that is known here" : "what it is used for was not said");
	uint64_t n = 0;
	size_t digits = 0;
	while (digits < beds.n && isdigit(beds.p[digits]))
		digits++;
	if (digits && num_u64(slice_of(beds.p, digits), 0, 1000000, &n) == 0 && n)
		term(x, r, false, n >= 50 ? 4 : n >= 10 ? 3 : n >= 2 ? 2 : 1, exposure_printf(x, "%u bed%s or patient%s depend on it", (unsigned)n, n == 1 ? "" : "s", n == 1 ? "" : "s"));
}

static void rank_findings(struct gate_exposure *x, struct gate_risk *r)
{
	const struct gate_finding *exploited = NULL, *maybe = NULL, *remote = NULL, *remote_maybe = NULL;
	for (const struct gate_finding *f = r->findings; f; f = f->next) {
		r->count[f->answer]++;
		bool sure = f->answer == GATE_A_AFFECTED, possible = f->answer == GATE_A_POSSIBLE || f->answer == GATE_A_CANNOT_TELL || f->answer == GATE_A_INVESTIGATED;
		if (f->vuln->exploited && sure)
			exploited = exploited ? exploited : f;
		else if (f->vuln->exploited && possible)
			maybe = maybe ? maybe : f;
		if (f->vuln->remote && sure)
			remote = remote ? remote : f;
		else if (f->vuln->remote && possible)
			remote_maybe = remote_maybe ? remote_maybe : f;
	}
	size_t possible = r->count[GATE_A_POSSIBLE] + r->count[GATE_A_CANNOT_TELL] + r->count[GATE_A_INVESTIGATED];
	if (r->count[GATE_A_AFFECTED])
		term(x, r, true, 2, exposure_printf(x, "affected by %zu vulnerabilit%s", r->count[GATE_A_AFFECTED], r->count[GATE_A_AFFECTED] == 1 ? "y" : "ies"));
	else if (possible)
		term(x, r, true, 1, exposure_printf(x, "possibly affected by %zu vulnerabilit%s", possible, possible == 1 ? "y" : "ies"));
	const struct gate_finding *ex = exploited ? exploited : maybe, *re = remote ? remote : remote_maybe;
	if (ex)
		term(x, r, true, exploited ? 4 : 2, exposure_printf(x, "%.*s is exploited in attacks%s%s", SLICE_FMT(ex->vuln->cve), ex->vuln->ransomware ? ", by ransomware too" : "", exploited ? "" : " (possibly this device's)"));
	if (re)
		term(x, r, true, remote ? 2 : 1, exposure_printf(x, "%.*s needs the network and no account%s", SLICE_FMT(re->vuln->cve), remote ? "" : " (possibly this device's)"));
}

static void rank_support(struct gate_exposure *x, struct gate_risk *r)
{
	const struct gate_support *s = &r->support;
	bool guess = s->said && s->said->guess;
	switch (s->state) {
	case GATE_SUPPORT_ENDED:
		term(x, r, true, guess ? 2 : 3, exposure_printf(x, "%.*s has had no updates since %.*s%s", SLICE_FMT(s->system), SLICE_FMT(s->end), guess ? " (the scanner's guess)" : ""));
		break;
	case GATE_SUPPORT_PAID:
		term(x, r, true, 2, exposure_printf(x, "%.*s has had updates since %.*s only for who pays for them", SLICE_FMT(s->system), SLICE_FMT(s->end)));
		break;
	case GATE_SUPPORT_ENDING:
		term(x, r, true, 1, exposure_printf(x, "updates of %.*s end on %.*s", SLICE_FMT(s->system), SLICE_FMT(s->end)));
		break;
	case GATE_SUPPORT_UNKNOWN:
		term(x, r, true, 1, s->said ? "until when its system has updates could not be told" : "its operating system is not known");
		break;
	default:
		break;
	}
}

static const char *risky(const struct gate_port *p)
{
	static const struct {
		uint16_t port;
		const char *name;
	} ports[] = {{21, "FTP"}, {23, "Telnet"}, {139, "SMB"}, {445, "SMB"}, {512, "rexec"}, {513, "rlogin"}, {514, "rsh"}, {3389, "RDP"}, {5900, "VNC"}};
	for (size_t i = 0; p->tcp && i < ARRAY_LEN(ports); i++)
		if (ports[i].port == p->port)
			return ports[i].name;
	if (slice_eq_str(p->service, "telnet"))
		return "Telnet";
	return slice_eq_str(p->service, "ms-wbt-server") ? "RDP" : slice_eq_str(p->service, "vnc") ? "VNC" : NULL;
}

static void rank_ports(struct gate_exposure *x, struct gate_risk *r)
{
	const char *first = NULL, *second = NULL;
	for (const struct gate_port *p = r->device->ports; p; p = p->next) {
		const char *name = risky(p);
		if (!name || (first && !strcmp(first, name)))
			continue;
		*(first ? &second : &first) = name;
	}
	if (first)
		term(x, r, true, 2, exposure_printf(x, "%s answers", first));
	if (second)
		term(x, r, true, 1, exposure_printf(x, "%s answers too", second));
}

void exposure_rank(struct gate_exposure *x, struct gate_risk *r)
{
	rank_care(x, r);
	rank_findings(x, r);
	rank_support(x, r);
	rank_ports(x, r);
	r->care = r->care > 10 ? 10 : r->care;
	r->danger = r->danger > 10 ? 10 : r->danger;
	r->risk = r->care * r->danger;
}
