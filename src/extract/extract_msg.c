/* Outlook's .msg ([MS-OXMSG]): its properties are streams of an OLE2 file, most of them UTF-16 texts that stand there as they are. They are not taken apart: their runs of text are told, attachments are not unpacked, and that is said. */
#include "extract_internal.h"

int extract_msg(struct slice file, const struct extract_out *o, struct err *e)
{
	extract_tell(o, EXTRACT_UNKNOWN, "Outlook's .msg: the runs of text in it were told, what is attached to it was not read");
	return extract_strings(file, o, e);
}
