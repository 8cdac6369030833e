/* holdfast paper: the sheets a ward works with, where each of them is, and what came back of them as scans. */
#include "paper_cmd.h"

#include <unistd.h>

/* `paper scan` takes files, and, as the other states, numbers of sheets. What is a file here is a file. */
static bool are_numbers(const struct cli_args *args)
{
	struct paper_number n;
	for (size_t i = 1; i < args->n; i++)
		if (access(args->v[i], F_OK) == 0 || paper_number_get(slice_str(args->v[i]), &n, NULL) < 0)
			return false;
	return args->n > 1;
}

static int scan(const struct paper_options *o)
{
	if (o->unfiled || o->untyped)
		return o->args->n == 1 && !(o->unfiled && o->untyped) ? paper_unfiled(o) : cli_usage("paper scan --%s is a list, and takes no file", o->unfiled ? "unfiled" : "untyped");
	if (o->args->n < 2)
		return cli_usage("paper scan: say the files of the scanner, or the number of a sheet; --unfiled lists pages that could not be filed");
	return are_numbers(o->args) ? paper_act(o, WARD_SCANNED) : paper_scan(o);
}

int cmd_paper(int argc, char **argv)
{
	static struct cli_args args;
	struct paper_options o = {.args = &args};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"unit", CLI_STRING, &o.unit, "UNIT", "print: the patients of this unit; list: its sheets"},
		{"patient", CLI_STRING, &o.patient, "ID", "print: this patient, by record number or our id; scan, file: whose the pages are"},
		{"all", CLI_FLAG, &o.all, NULL, "print: every unit"},
		{"sheet", CLI_STRING, &o.sheet, "KIND,...|N", "file: the number of its sheet; print: pack, or of census summary mar labs orders labels wristbands registration vitals mar-form orders-form notes lab-requisition transfer contacts calls"},
		{"list", CLI_STRING, &o.list, "NAME", "print: of the sheet calls, this list of calls alone"},
		{"output", CLI_STRING, &o.out, "OUT", "print: the PDF, show: the page as JPEG; '-' for standard output"},
		{"paper", CLI_STRING, &o.paper, "P", "print: a4 (as without it) or letter"},
		{"lang", CLI_STRING, &o.lang, "L", "print: en (as without it), fr or zh"},
		{"large", CLI_FLAG, &o.large, NULL, "print: letters 1.35 times as high"},
		{"as-of", CLI_STRING, &o.as_of, "TIME|#SEQ", "print: what had been received by then"},
		{"protected", CLI_FLAG, &o.protected_too, NULL, "print: this patient's record although it is protected; needs --reason"},
		{"open", CLI_FLAG, &o.open, NULL, "list: only sheets that nobody has returned, scanned or destroyed"},
		{"unfiled", CLI_FLAG, &o.unfiled, NULL, "scan: the pages that could not be filed; exit 1 while there is one"},
		{"untyped", CLI_FLAG, &o.untyped, NULL, "scan: the sheets that came back and that nobody has typed; exit 1 while there is one"},
		{"page", CLI_STRING, &o.page, "N", "file: which page of its sheet it is, where that is not the next one"},
		{"occurred", CLI_STRING, &o.occurred, "TIME", "scan, file: when it was written on; without it: now"},
		{"reason", CLI_STRING, &o.reason, "TEXT", "print --protected, destroy, drop, typed: why; it is recorded"},
		{"by", CLI_STRING, &o.by, "NAME", "who did it, when it is not you"},
		{"to", CLI_STRING, &o.to, "NAME", "sign-out: who has it now"},
		{"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "paper print (--unit U | --patient ID | --all) --sheet KIND[,KIND...] -o OUT.pdf [--paper a4|letter] [--lang en|fr|zh] [--large]\n       holdfast paper list [--unit U] [--open] | sign-out|return|scan|destroy NUMBER...   --site DIR [--json]\n       holdfast paper scan FILE... [--patient ID] | scan --unfiled | scan --untyped | show PAGE -o OUT.jpg | file PAGE --sheet N [--page N] [--patient ID] | drop PAGE... --reason TEXT | typed NUMBER... --reason TEXT   --site DIR [--json]",
	                  "print: sheets as a PDF; each has a number and a QR code and is registered before it is handed out. list: the register, and counts for each unit, that must close; exit 1 with --open while a sheet is open. scan FILE (PDF, PNG, JPEG, TIFF): each page is filed to the sheet that its QR code names; exit 1 when one could not be, and is kept until somebody files or drops it. The others say what became of a sheet; NUMBER is what stands "
	                  "beside its QR code, or what the code says.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	static const struct {
		const char *verb;
		enum ward_state s;
	} acts[] = {{"sign-out", WARD_OUT}, {"return", WARD_RETURNED}, {"destroy", WARD_DESTROYED}};
	const char *verb = args.n ? args.v[0] : "";
	if (!strcmp(verb, "print"))
		return args.n == 1 ? paper_print(&o) : cli_usage("paper print takes no argument; say --unit, --patient or --all");
	if (!strcmp(verb, "list"))
		return args.n == 1 ? paper_list(&o) : cli_usage("paper list takes no argument");
	if (!strcmp(verb, "scan"))
		return scan(&o);
	if (!strcmp(verb, "file") || !strcmp(verb, "show"))
		return args.n != 2 ? cli_usage("paper %s: say one page, as `paper scan --unfiled` lists it", verb) : verb[0] == 'f' ? paper_file(&o) : paper_show(&o);
	if (!strcmp(verb, "drop") || !strcmp(verb, "typed"))
		return args.n > 1 ? paper_settle(&o, verb[0] == 'd' ? SCAN_DROPPED : SCAN_TYPED) : cli_usage("paper %s: say %s", verb, verb[0] == 'd' ? "a page, as `paper scan --unfiled` lists it" : "the number of a sheet");
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (!strcmp(verb, acts[i].verb))
			return args.n > 1 ? paper_act(&o, acts[i].s) : cli_usage("paper %s: say the number of a sheet", verb);
	return cli_usage("paper: say print, list, sign-out, return, scan, show, file, drop, typed or destroy");
}
