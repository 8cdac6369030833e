/* holdfast drill: a downtime rehearsed on a copy, and how ready the site is. */
#include "drill_cmd.h"

static const struct cli_command verbs_of_drill[] = {
	{"run", "play a downtime on a copy of the charts, and score what was found", drill_run_cmd},
	{"list", "the drills that were run", drill_list_cmd},
};

int cmd_drill(int argc, char **argv)
{
	return cli_verbs(argc, argv, "drill", "A downtime rehearsed on a copy of the charts: nothing reaches the EHR, and nothing of it stays but the result.", verbs_of_drill, ARRAY_LEN(verbs_of_drill));
}
