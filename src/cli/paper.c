/* holdfast paper print|list|sign-out|return|scan|destroy: the sheets a ward works with, and where each of them is. */
#include "paper_cmd.h"

int cmd_paper(int argc, char **argv)
{
	static struct cli_args args;
	struct paper_options o = {.args = &args};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"unit", CLI_STRING, &o.unit, "UNIT", "print: the patients of this unit; list: its sheets"},
		{"patient", CLI_STRING, &o.patient, "ID", "print: this patient, by record number or our id"},
		{"all", CLI_FLAG, &o.all, NULL, "print: every unit"},
		{"sheet", CLI_STRING, &o.sheet, "KIND,...", "print: pack, or of census summary mar labs orders labels wristbands registration vitals mar-form orders-form notes lab-requisition transfer contacts calls"},
		{"list", CLI_STRING, &o.list, "NAME", "print: of the sheet calls, this list of calls alone"},
		{"output", CLI_STRING, &o.out, "OUT.pdf", "print: the PDF, '-' for standard output"},
		{"paper", CLI_STRING, &o.paper, "P", "print: a4 (as without it) or letter"},
		{"lang", CLI_STRING, &o.lang, "L", "print: en (as without it), fr or zh"},
		{"large", CLI_FLAG, &o.large, NULL, "print: letters 1.35 times as high"},
		{"as-of", CLI_STRING, &o.as_of, "TIME|#SEQ", "print: what had been received by then"},
		{"protected", CLI_FLAG, &o.protected_too, NULL, "print: this patient's record although it is protected; needs --reason"},
		{"open", CLI_FLAG, &o.open, NULL, "list: only sheets that nobody has returned, scanned or destroyed"},
		{"reason", CLI_STRING, &o.reason, "TEXT", "print --protected, destroy: why; it is recorded"},
		{"by", CLI_STRING, &o.by, "NAME", "who did it, when it is not you"},
		{"to", CLI_STRING, &o.to, "NAME", "sign-out: who has it now"},
		{"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "paper print (--unit U | --patient ID | --all) --sheet KIND[,KIND...] -o OUT.pdf [--paper a4|letter] [--lang en|fr|zh] [--large]\n       holdfast paper list [--unit U] [--open] | sign-out|return|scan|destroy NUMBER...   --site DIR [--json]",
	                  "print: sheets as a PDF; each has a number and a QR code and is registered before it is handed out. list: the register, and counts for each unit, that must close; exit 1 with --open while a sheet is open. The others say what became of a sheet; NUMBER is what stands "
	                  "beside its QR code, or what the code says.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	static const struct {
		const char *verb;
		enum ward_state s;
	} acts[] = {{"sign-out", WARD_OUT}, {"return", WARD_RETURNED}, {"scan", WARD_SCANNED}, {"destroy", WARD_DESTROYED}};
	const char *verb = args.n ? args.v[0] : "";
	if (!strcmp(verb, "print"))
		return args.n == 1 ? paper_print(&o) : cli_usage("paper print takes no argument; say --unit, --patient or --all");
	if (!strcmp(verb, "list"))
		return args.n == 1 ? paper_list(&o) : cli_usage("paper list takes no argument");
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (!strcmp(verb, acts[i].verb))
			return args.n > 1 ? paper_act(&o, acts[i].s) : cli_usage("paper %s: say the number of a sheet", verb);
	return cli_usage("paper: say print, list, sign-out, return, scan or destroy");
}
