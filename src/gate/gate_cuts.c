/* gate_cuts: what a kept isolation plan cuts: links by name, by class or all of them, addresses, this host. As JSON, of which every part is optional:
 *
 *   {"links":[NAME],"classes":[CLASS],"all":true,"keep":[NAME: links that go on, whatever class they are of],"addresses":[IP],"isolate":true,"members":[IP or IP/BITS],"admins":[IP or IP/BITS]}
 *
 * Valid if and only if it cuts something, every name is one of a link or class, every address is a number and none that is cut is an administrator's or loopback. */
#include "gate_internal.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int names_read(const struct json_node *n, const char *key, struct arena *a, struct gate_names *ret, struct err *e)
{
	const struct json_node *list = json_get(n, key);
	*ret = (struct gate_names){.n = 0};
	if (!list)
		return 0;
	if (list->type != JSON_ARR || list->count > GATE_CUTS_NAMES_MAX)
		return err_set(e, ERR_USAGE, key, "a list of at most %d names", GATE_CUTS_NAMES_MAX);
	ret->v = arena_array(a, list->count + 1, sizeof *ret->v);
	if (!ret->v)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the plan");
	for (const struct json_node *v = list->child; v; v = v->next) {
		char *name = v->type == JSON_STR ? arena_strdup(a, v->value) : NULL;
		if (!name || !gate_name_ok(name))
			return err_set(e, ERR_USAGE, key, "a name has 1 to %d letters, digits, '-', '_' or '.'", GATE_NAME_MAX - 1);
		ret->v[ret->n++] = name;
	}
	size_t all = ret->n;
	if (all)
		qsort(ret->v, all, sizeof *ret->v, by_name);
	ret->n = 0;
	for (size_t i = 0; i < all; i++)
		if (ret->n == 0 || strcmp(ret->v[ret->n - 1], ret->v[i]) != 0)
			ret->v[ret->n++] = ret->v[i];
	return 0;
}

bool gate_names_have(const struct gate_names *names, const char *name)
{
	return names->n && bsearch(&name, names->v, names->n, sizeof *names->v, by_name);
}

static int addresses_read(const struct json_node *n, const char *key, uint8_t kind, size_t max, struct arena *a, struct gate_addresses *ret, struct err *e)
{
	const struct json_node *list = json_get(n, key);
	*ret = (struct gate_addresses){.n = 0};
	if (!list)
		return 0;
	if (list->type != JSON_ARR || list->count > max)
		return err_set(e, ERR_USAGE, key, "a list of at most %zu addresses", max);
	ret->v = arena_array(a, list->count + 1, sizeof *ret->v);
	if (!ret->v)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the plan");
	for (const struct json_node *v = list->child; v; v = v->next) {
		char text[64] = "";
		if (v->type == JSON_STR && v->value.n < sizeof text && v->value.n && !memchr(v->value.p, 0, v->value.n))
			memcpy(text, v->value.p, v->value.n);
		if (gate_element_parse(text, kind, &ret->v[ret->n]) < 0)
			return err_set(e, ERR_USAGE, key, "an address is IP%s, in numbers: not '%.60s'", kind == GATE_MEMBER ? " or IP/BITS" : "", text);
		ret->n++;
	}
	ret->n = gate_elements_sort(ret->v, ret->n);
	return 0;
}

static bool truth(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

bool gate_element_holds(const struct gate_element *v, size_t n, const struct gate_element *x)
{
	for (size_t i = 0; i < n; i++) {
		unsigned bit = 0;
		if (v[i].six != x->six)
			continue;
		while (bit < v[i].bits && !((v[i].ip[bit / 8] ^ x->ip[bit / 8]) & (0x80u >> (bit % 8))))
			bit++;
		if (bit == v[i].bits)
			return true;
	}
	return false;
}

static int cuts_check(const struct gate_cuts *c, struct err *e)
{
	char text[64];
	if (!c->all && !c->links.n && !c->classes.n && !c->addresses.n && !c->isolate)
		return err_set(e, ERR_USAGE, NULL, "this plan cuts nothing: say which links, classes or addresses, all links, or that this host is isolated");
	if (!c->isolate && (c->members.n || c->admins.n))
		return err_set(e, ERR_USAGE, NULL, "members and administrators are of a plan that isolates this host");
	for (size_t i = 0; i < c->links.n; i++)
		if (gate_names_have(&c->keep, c->links.v[i]))
			return err_set(e, ERR_USAGE, c->links.v[i], "the plan cuts this link and keeps it: which?");
	for (size_t i = 0; i < c->addresses.n; i++) {
		gate_element_text(&c->addresses.v[i], text);
		if (gate_loopback(c->addresses.v[i].six, c->addresses.v[i].ip))
			return err_set(e, ERR_USAGE, text, "loopback is this host itself");
		if (gate_element_holds(c->admins.v, c->admins.n, &c->addresses.v[i]))
			return err_set(e, ERR_USAGE, text, "the plan cuts this address and has it as an administrator's, which is never cut");
	}
	return 0;
}

int gate_cuts_read(const struct json_node *n, struct arena *a, struct gate_cuts *ret, struct err *e)
{
	struct gate_cuts c = {.all = truth(n, "all"), .isolate = truth(n, "isolate")};
	int r = n && n->type == JSON_OBJ ? 0 : err_set(e, ERR_USAGE, NULL, "it is not said what the plan cuts");
	if (r == 0)
		r = names_read(n, "links", a, &c.links, e);
	if (r == 0)
		r = names_read(n, "classes", a, &c.classes, e);
	if (r == 0)
		r = names_read(n, "keep", a, &c.keep, e);
	if (r == 0)
		r = addresses_read(n, "addresses", GATE_ADDRESS, GATE_CUTS_ADDRESSES_MAX, a, &c.addresses, e);
	if (r == 0)
		r = addresses_read(n, "members", GATE_MEMBER, GATE_CUTS_MEMBERS_MAX, a, &c.members, e);
	if (r == 0)
		r = addresses_read(n, "admins", GATE_MEMBER, GATE_CUTS_ADMINS_MAX, a, &c.admins, e);
	if (r == 0)
		r = cuts_check(&c, e);
	if (r == 0)
		*ret = c;
	return r;
}

static void names_put(const struct gate_names *names, const char *key, struct jsonw *w)
{
	if (!names->n)
		return;
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < names->n; i++)
		jsonw_str(w, names->v[i]);
	jsonw_arr_end(w);
}

static void addresses_put(const struct gate_addresses *v, const char *key, struct jsonw *w)
{
	if (!v->n)
		return;
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < v->n; i++) {
		char text[64];
		gate_element_text(&v->v[i], text);
		jsonw_str(w, text);
	}
	jsonw_arr_end(w);
}

void gate_cuts_put(const struct gate_cuts *c, struct jsonw *w)
{
	jsonw_obj(w);
	names_put(&c->links, "links", w);
	names_put(&c->classes, "classes", w);
	if (c->all)
		jsonw_kbool(w, "all", true);
	names_put(&c->keep, "keep", w);
	addresses_put(&c->addresses, "addresses", w);
	if (c->isolate)
		jsonw_kbool(w, "isolate", true);
	addresses_put(&c->members, "members", w);
	addresses_put(&c->admins, "admins", w);
	jsonw_obj_end(w);
}

bool gate_cuts_link(const struct gate_cuts *c, const struct gate_link *l)
{
	if (gate_names_have(&c->keep, l->name))
		return false;
	return c->all || gate_names_have(&c->links, l->name) || (l->class[0] && gate_names_have(&c->classes, l->class));
}
