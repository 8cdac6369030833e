/* The words of downtime: kinds, owners and states, as they stand in entries, lists and the API. */
#include "downtime.h"

const char *capture_kind_name(enum capture_kind k)
{
	static const char *const names[] = {
#define X(id, name) [CAPTURE_##id] = name,
		CAPTURE_KINDS(X)
#undef X
	};
	return (size_t)k < ARRAY_LEN(names) ? names[k] : "unknown";
}

const char *capture_owner_name(enum capture_owner o)
{
	static const char *const names[] = {[OWNER_REGISTRATION] = "registration", [OWNER_PHARMACY] = "pharmacy", [OWNER_LABORATORY] = "laboratory", [OWNER_IMAGING] = "imaging", [OWNER_NURSING] = "nursing"};
	return (size_t)o < ARRAY_LEN(names) ? names[o] : "unknown";
}

const char *backload_state_name(enum backload_state s)
{
	static const char *const names[] = {[BACK_OPEN] = "open", [BACK_REVIEWED] = "reviewed", [BACK_SENT_UNKNOWN] = "unknown", [BACK_FILED] = "filed", [BACK_ALREADY_THERE] = "already_there", [BACK_REFUSED] = "refused", [BACK_SUPERSEDED] = "superseded"};
	return (size_t)s < ARRAY_LEN(names) ? names[s] : "unknown";
}
