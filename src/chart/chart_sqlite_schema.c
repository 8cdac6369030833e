/* chart.db: the tables of the view. Every column of doc/formats.md's page on the view is here.
 *
 *   ident     one identifier (number + assigner) that facts may hang on; id in order of first sight
 *   edge      "child belongs to the person of parent", an interval of entries; the only thing that merges, links and un-merges change
 *   moved     "this visit's facts belong to that person", an interval
 *   fact_row  one message's facts for one identifier (facts_encode_group), id = entry << 20 | group; written once, never changed
 *   fact_at   (identifier, row): the order a chart is read in
 *   mark      rows that the bed board, the allergy line or the house need without reading the others
 *   header    an identifier's demographics and alerts from that entry on; a new row only when something changed
 *   word      search: folded words, pairs, sounds, dates, numbers -> identifier, since entry
 *   stay      a person in a place, an interval; node is the fork node of the closed interval (a relational interval tree), so that
 *             "who was in the house at entry N" is at most 2 x 42 index ranges however long the ledger is
 *   ecg       a recording, how far it is, and whose; ecg_act: what people did with it
 *   capture   an item that was written down while the EHR was away, whose, and how far it is on its way back; capture_act: what was done about it
 *   review, event, times (receive times, 512 entries a row), kv (meta, feeds, counts)
 * Times are ns UTC, intervals [from_seq, to_seq), INT64_MAX for "not ended".
 */
#include "chart_sqlite.h"

const char *const sql_text[SQL_COUNT] = {
#define X(id, text) text,
	SQL_STATEMENTS(X)
#undef X
};

const char sql_schema[] =
	"CREATE TABLE kv(space INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(space,key)) WITHOUT ROWID;"
	"CREATE TABLE ident(id INTEGER PRIMARY KEY, value BLOB NOT NULL, assigner BLOB NOT NULL, type BLOB NOT NULL, space INTEGER NOT NULL, first INTEGER NOT NULL, k INTEGER NOT NULL);"
	"CREATE INDEX ident_value ON ident(value,id);"
	"CREATE TABLE edge(id INTEGER PRIMARY KEY, child INTEGER NOT NULL, parent INTEGER NOT NULL, named_child INTEGER NOT NULL, named_parent INTEGER NOT NULL, why INTEGER NOT NULL,"
	" ended_by INTEGER NOT NULL, time INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL);"
	"CREATE INDEX edge_child ON edge(child,to_seq);"
	"CREATE INDEX edge_parent ON edge(parent,to_seq);"
	"CREATE INDEX edge_named_child ON edge(named_child);"
	"CREATE INDEX edge_named_parent ON edge(named_parent);"
	"CREATE TABLE moved(id INTEGER PRIMARY KEY, what INTEGER NOT NULL, key BLOB NOT NULL, from_ident INTEGER NOT NULL, to_ident INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL);"
	"CREATE INDEX moved_from ON moved(from_ident);"
	"CREATE INDEX moved_to ON moved(to_ident);"
	"CREATE TABLE fact_row(id INTEGER PRIMARY KEY, ident INTEGER NOT NULL, received INTEGER NOT NULL, stime INTEGER NOT NULL, flags INTEGER NOT NULL, blob BLOB NOT NULL);"
	"CREATE TABLE fact_at(ident INTEGER NOT NULL, id INTEGER NOT NULL, stime INTEGER NOT NULL, PRIMARY KEY(ident,id)) WITHOUT ROWID;"
	"CREATE TABLE mark(ident INTEGER NOT NULL, what INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY(ident,what,id)) WITHOUT ROWID;"
	"CREATE TABLE header(ident INTEGER NOT NULL, seq INTEGER NOT NULL, blob BLOB NOT NULL, PRIMARY KEY(ident,seq)) WITHOUT ROWID;"
	"CREATE TABLE word(word BLOB NOT NULL, ident INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(word,ident)) WITHOUT ROWID;"
	"CREATE TABLE stay(id INTEGER PRIMARY KEY, person INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, expires INTEGER NOT NULL, node INTEGER NOT NULL, body BLOB NOT NULL);"
	"CREATE INDEX stay_open ON stay(person) WHERE to_seq=" SQL_OPEN ";"
	"CREATE INDEX stay_due ON stay(expires,id) WHERE expires<" SQL_OPEN " AND to_seq=" SQL_OPEN ";"
	"CREATE TABLE review(id INTEGER PRIMARY KEY, ident INTEGER NOT NULL, what INTEGER NOT NULL, entry INTEGER NOT NULL, other INTEGER NOT NULL, since INTEGER NOT NULL);"
	"CREATE INDEX review_ident ON review(ident);"
	"CREATE TABLE event(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, time INTEGER NOT NULL, user BLOB NOT NULL, patient BLOB NOT NULL, what BLOB NOT NULL, reason BLOB NOT NULL, text BLOB NOT NULL);"
	"CREATE TABLE ecg(entry INTEGER PRIMARY KEY, last INTEGER NOT NULL, ident INTEGER NOT NULL, received INTEGER NOT NULL, origin INTEGER NOT NULL, reading INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" due INTEGER NOT NULL, rank INTEGER NOT NULL, source BLOB NOT NULL, strip BLOB NOT NULL, blob BLOB NOT NULL);"
	"CREATE INDEX ecg_todo ON ecg(rank,entry) WHERE due>0;"
	"CREATE INDEX ecg_strip ON ecg(strip,entry) WHERE length(strip)>0;"
	"CREATE INDEX ecg_strip_weighs ON ecg(strip,entry) WHERE length(strip)>0 AND (flags&16)<>0;"
	"CREATE INDEX ecg_of ON ecg(ident,entry) WHERE ident>0;"
	"CREATE TABLE ecg_act(ecg INTEGER NOT NULL, entry INTEGER NOT NULL, time INTEGER NOT NULL, counts INTEGER NOT NULL, source BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(ecg,entry)) WITHOUT ROWID;"
	"CREATE TABLE capture(entry INTEGER PRIMARY KEY, ident INTEGER NOT NULL, kind INTEGER NOT NULL, owner INTEGER NOT NULL, state INTEGER NOT NULL, flags INTEGER NOT NULL, occurred INTEGER NOT NULL, received INTEGER NOT NULL,"
	" replaced INTEGER NOT NULL, id BLOB NOT NULL, root BLOB NOT NULL, unit BLOB NOT NULL, patient BLOB NOT NULL, source BLOB NOT NULL, body BLOB NOT NULL);"
	"CREATE INDEX capture_id ON capture(id,entry);"
	"CREATE INDEX capture_root ON capture(root,entry);"
	"CREATE INDEX capture_of ON capture(ident,entry) WHERE ident>0;"
	"CREATE INDEX capture_state ON capture(owner,state);"
	"CREATE TABLE capture_act(capture INTEGER NOT NULL, entry INTEGER NOT NULL, time INTEGER NOT NULL, counts INTEGER NOT NULL, source BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(capture,entry)) WITHOUT ROWID;"
	"CREATE TABLE times(block INTEGER PRIMARY KEY, first INTEGER NOT NULL, blob BLOB NOT NULL);";

/* What a rebuild makes at its end. */
const char sql_indexes[] =
	"CREATE INDEX stay_person ON stay(person,to_seq);"
	"CREATE INDEX stay_node_to ON stay(node,to_seq);"
	"CREATE INDEX stay_node_from ON stay(node,from_seq);"
	"CREATE INDEX event_kind ON event(kind,seq);"
	"CREATE INDEX event_user ON event(user,seq);"
	"CREATE INDEX event_patient ON event(patient,seq);"
	"CREATE INDEX times_first ON times(first,block);";
