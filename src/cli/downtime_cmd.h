/* The verbs of `holdfast downtime` that have a file of their own. */
#ifndef HOLDFAST_CLI_DOWNTIME_CMD_H
#define HOLDFAST_CLI_DOWNTIME_CMD_H

struct downtime_numbers {
	const char *site, *unit, *machine; /* NULL: not said */
	uint64_t count;                    /* 0: not said */
	bool json;
};
/* n words behind "numbers". The command's exit status. */
int downtime_numbers(const struct downtime_numbers *q, size_t n, const char *const *v);

#endif
