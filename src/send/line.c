/* What the ways to an EHR have in common. */
#include "send_internal.h"

#include <stdlib.h>

int send_line_ready(struct send_line *l, struct err *e)
{
	return l->ready(l, e);
}

void send_line_message(struct send_line *l, struct slice message, struct slice control_id, struct send_heard *ret)
{
	*ret = (struct send_heard){.outcome = SEND_NOT_SENT, .raw = ret->raw};
	if (message.n > SEND_MESSAGE_MAX) {
		err_set(&ret->why, ERR_LIMIT, NULL, "a message has at most %zu bytes", SEND_MESSAGE_MAX);
		return;
	}
	l->message(l, message, control_id, ret);
}

void send_line_close(struct send_line *l)
{
	if (l)
		l->close(l);
}
