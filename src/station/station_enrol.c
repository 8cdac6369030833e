/* What a station says of itself, and what the site answers. Both are signed notes; their texts are these lines, each once, in this order:
 *
 *   holdfast-station-request 1          holdfast-station-enrolment 1
 *   name NAME                           key KEY            of ids and numbers: 4 to 12 letters and digits, given out once
 *   unit UNIT                           name NAME
 *   machine HEX                         unit UNIT
 *   vkey VKEY    the station's          numbers N          downtime numbers 1 .. N of that key
 *   to age1...   the station's          station VKEY       whose answer this is
 *   made TIME                           vkey VKEY          the site's log
 *                                       to age1...         what the station writes down is sealed to this
 *                                       made TIME
 */
#include "station_internal.h"

#define REQUEST "holdfast-station-request 1"
#define ANSWER "holdfast-station-enrolment 1"

int station_request_note(const struct station *s, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	char made[32];
	buf_init(&text, 4096);
	buf_printf(&text, REQUEST "\nname %s\nunit %s\nmachine %s\n", s->is.name, s->is.unit, s->is.machine);
	station_put_vkey(&text, "vkey", &s->is.vkey);
	station_put_to(&text, "to", &s->is.to);
	buf_printf(&text, "made %s\n", time_rfc3339(s->is.made, 0, made));
	return buf_ok(&text) ? note_sign(&s->sign, buf_slice(&text), ret, e) : err_set(e, buf_code(&text), NULL, "too long for a request");
}

int station_request_parse(struct slice note, struct station_request *ret, struct err *e)
{
	struct station_request q = {.made = 0};
	struct slice text, whole, rest;
	int r = station_note_split(note, &text, &whole, &rest, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(text);
	bool begins = slice_eq_str(cur_line(&c), REQUEST);
	station_line_text(&c, "name", q.name, sizeof q.name);
	station_line_text(&c, "unit", q.unit, sizeof q.unit);
	station_line_text(&c, "machine", q.machine, sizeof q.machine);
	station_line_vkey(&c, "vkey", &q.vkey);
	station_line_to(&c, "to", &q.to);
	station_line_time(&c, "made", &q.made);
	if (!begins || !cur_done(&c) || rest.n || strlen(q.machine) != 2 * SEAL_HASH)
		return err_set(e, ERR_INPUT, NULL, "this is no request of a station: `holdfast station new` makes one");
	r = station_note_check(whole, text, &q.vkey, e);
	if (r == 0)
		*ret = q;
	return r;
}

int station_answer_text(const struct station_answer *a, struct buf *ret, struct err *e)
{
	char made[32];
	if (!station_word_ok(slice_str(a->key), STATION_KEY_MAX) || !station_word_ok(slice_str(a->name), STATION_NAME_MAX) || !station_word_ok(slice_str(a->unit), STATION_UNIT_MAX))
		return err_set(e, ERR_INPUT, NULL, "a station has a key, a name and a unit, without control characters");
	buf_printf(ret, ANSWER "\nkey %s\nname %s\nunit %s\nnumbers %" PRIu64 "\n", a->key, a->name, a->unit, a->numbers);
	station_put_vkey(ret, "station", &a->station);
	station_put_vkey(ret, "vkey", &a->vkey);
	station_put_to(ret, "to", &a->to);
	buf_printf(ret, "made %s\n", time_rfc3339(a->made, 0, made));
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "too long for an answer to a station");
}

bool station_same_key(const struct note_vkey *a, const struct note_vkey *b)
{
	return a->alg == b->alg && a->id == b->id && !strcmp(a->name, b->name) && !memcmp(a->pub, b->pub, sizeof a->pub);
}

int station_answer_parse(struct slice note, const struct note_vkey *vkey, struct station_answer *ret, struct err *e)
{
	struct station_answer a = {.made = 0};
	struct slice text, whole, rest;
	AUTO_BUF struct buf again = {0};
	buf_init(&again, 8192);
	int r = station_note_split(note, &text, &whole, &rest, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(text);
	bool begins = slice_eq_str(cur_line(&c), ANSWER);
	station_line_text(&c, "key", a.key, sizeof a.key);
	station_line_text(&c, "name", a.name, sizeof a.name);
	station_line_text(&c, "unit", a.unit, sizeof a.unit);
	station_line_number(&c, "numbers", STATION_NUMBERS_MAX, &a.numbers);
	station_line_vkey(&c, "station", &a.station);
	station_line_vkey(&c, "vkey", &a.vkey);
	station_line_to(&c, "to", &a.to);
	station_line_time(&c, "made", &a.made);
	if (!begins || !cur_done(&c) || rest.n || station_answer_text(&a, &again, NULL) < 0 || !slice_eq(buf_slice(&again), text)) /* read by making it again: one spelling */
		return err_set(e, ERR_INPUT, NULL, "this is no answer to a station: `holdfast station enrol` makes one");
	r = station_note_check(whole, text, &a.vkey, e);
	if (r == 0 && vkey && !station_same_key(vkey, &a.vkey))
		r = err_set(e, ERR_NO, NULL, "it is whole, and signed by another site's key (%.100s): not by the one that you named", a.vkey.name);
	if (r == 0)
		*ret = a;
	return r;
}

int station_join(struct station *s, struct slice answer, const struct note_vkey *vkey, struct err *e)
{
	struct station_answer a;
	int r = station_answer_parse(answer, vkey, &a, e);
	if (r < 0)
		return r;
	if (!station_same_key(&a.station, &s->is.vkey))
		return err_set(e, ERR_NO, NULL, "this answer is for another station (%.64s)", a.name);
	if (s->enrolled)
		return strcmp(s->site.key, a.key) ? err_set(e, ERR_EXISTS, s->place, "it is enrolled already, as %s: a second key would be a second station. Make that in a folder of its own", s->site.key) : 0;
	s->site = a;
	s->enrolled = true;
	buf_reset(&s->answer);
	buf_add_slice(&s->answer, answer);
	if (s->trusts && !station_same_key(&s->vkey, &a.vkey)) {
		s->enrolled = false;
		return err_set(e, ERR_NO, s->place, "this station was told to verify by another key (DIR/vkey): is this answer another site's?");
	}
	r = station_queue_make(s, e); /* before it counts as enrolled: a station without a queue writes nothing */
	if (r == 0)
		r = station_save(s, e);
	if (r < 0) {
		s->enrolled = false;
		return r;
	}
	s->vkey = a.vkey;
	s->trusts = true;
	return 0;
}
