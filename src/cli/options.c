/* Options: --name value, --name=value, flags, lists; anywhere; "--" ends them. Of one letter there is only -o, which is --output wherever that is an option. */
#include "cli_internal.h"

static void say_help(const char *usage, const char *about, const struct cli_opt *opts, size_t n)
{
	printf("usage: holdfast %s\n\n%s\n", usage, about);
	if (n)
		printf("\n");
	for (size_t i = 0; i < n; i++) {
		char left[64];
		snprintf(left, sizeof left, "%s--%s%s%s%s", strcmp(opts[i].name, "output") ? "" : "-o, ", opts[i].name, opts[i].value ? " " : "", opts[i].value ? opts[i].value : "", opts[i].kind == CLI_LIST ? " ..." : "");
		printf("  %-26s %s\n", left, opts[i].help);
	}
	printf("  %-26s %s\n", "--help", "this text");
}

static int set_value(const struct cli_opt *o, const char *value)
{
	switch (o->kind) {
	case CLI_STRING:
		*(const char **)o->out = value;
		return 0;
	case CLI_NUMBER:
		if (num_u64(slice_str(value), 0, UINT64_MAX, o->out) < 0)
			return cli_usage("--%s: '%s' is not a whole number", o->name, value);
		return 0;
	case CLI_EACH:
	case CLI_LIST: {
		struct cli_list *l = o->out;
		if (l->n == ARRAY_LEN(l->v))
			return cli_usage("--%s: at most %zu values", o->name, ARRAY_LEN(l->v));
		l->v[l->n++] = value;
		return 0;
	}
	default:
		return cli_usage("--%s takes no value", o->name);
	}
}

static const struct cli_opt *find(const struct cli_opt *opts, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(opts[i].name) == len && !memcmp(opts[i].name, name, len))
			return &opts[i];
	return NULL;
}

int cli_parse(int argc, char **argv, const char *usage, const char *about, const struct cli_opt *opts, size_t n, struct cli_args *args, bool *ret_done)
{
	bool only_args = false;
	*ret_done = false;
	args->n = 0;
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		if (only_args || a[0] != '-' || a[1] == 0) {
			if (args->n == ARRAY_LEN(args->v))
				return cli_usage("too many arguments: at most %zu", ARRAY_LEN(args->v));
			args->v[args->n++] = a;
			continue;
		}
		if (!strcmp(a, "--")) {
			only_args = true;
			continue;
		}
		if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
			say_help(usage, about, opts, n);
			*ret_done = true;
			return 0;
		}
		const char *eq = strchr(a, '=');
		const struct cli_opt *o = a[1] == '-' ? find(opts, n, a + 2, eq ? (size_t)(eq - a - 2) : strlen(a + 2)) : !strcmp(a, "-o") ? find(opts, n, "output", 6) : NULL;
		if (!o)
			return cli_usage("unknown option '%s'; 'holdfast %s --help' lists them", a, argv[0]);
		if (o->kind == CLI_FLAG) {
			if (eq)
				return cli_usage("--%s takes no value", o->name);
			*(bool *)o->out = true;
			continue;
		}
		if (!eq && i + 1 >= argc)
			return cli_usage("--%s needs a value", o->name);
		const char *value = eq ? eq + 1 : argv[++i];
		int r = set_value(o, value);
		if (r)
			return r;
		if (o->kind == CLI_LIST && !eq)
			while (i + 1 < argc && argv[i + 1][0] != '-') { /* several values end at the next option */
				r = set_value(o, argv[++i]);
				if (r)
					return r;
			}
	}
	return 0;
}
