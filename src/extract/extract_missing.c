/* Readers that are not here yet: what they would read is told as unread. */
#include "extract_internal.h"

int extract_msg(struct slice f, const struct extract_out *o, struct err *e)
{
	extract_tell(o, EXTRACT_MISSING, "Outlook's .msg is not read yet: the runs of text in it were told");
	return extract_strings(f, o, e);
}
