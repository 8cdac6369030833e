/* What a command says of a case: read before it is stored, so that no entry is there that nobody can fold. */
#include "keeper.h"
#include "scope.h"

int keeper_may_scope(struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	struct scope_act act;
	return a ? scope_act_get(body, a, &act, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
}
