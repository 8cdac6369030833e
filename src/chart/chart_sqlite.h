/* The SQLite store's own header: its statements, its struct, what its files share. Nobody but chart_sqlite*.c includes it. */
#ifndef HOLDFAST_CHART_SQLITE_H
#define HOLDFAST_CHART_SQLITE_H

#include "chart_store.h"

#include <sqlite3.h>

#define SQLITE_VIEW_VERSION STORE_VIEW_VERSION /* PRAGMA user_version */
#define SQLITE_VIEW_APP 0x48464348   /* PRAGMA application_id: "HFCH" */
#define SQL_OPEN "9223372036854775807" /* STORE_OPEN and INT64_MAX, as partial indexes need it spelt */

/* Every statement there is. The order of the table is the order of the enum. */
#define SQL_STATEMENTS(X)                                                                                                                    \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                                                              \
	X(LOOK, "BEGIN DEFERRED")                                                                                                                \
	X(SNAPSHOT, "SELECT 1 FROM sqlite_schema LIMIT 1")                                                                                           \
	X(COMMIT, "COMMIT")                                                                                                                      \
	X(ROLLBACK, "ROLLBACK")                                                                                                                  \
	X(PUT_IDENT, "INSERT INTO ident(id,value,assigner,type,space,first,k) VALUES(?1,?2,?3,?4,?5,?6,?7)")                                     \
	X(PUT_EDGE, "INSERT INTO edge(id,child,parent,named_child,named_parent,why,ended_by,time,from_seq,to_seq) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)") \
	X(END_EDGE, "UPDATE edge SET to_seq=?2, ended_by=?3 WHERE id=?1")                                                                        \
	X(PUT_MOVE, "INSERT INTO moved(id,what,key,from_ident,to_ident,from_seq,to_seq) VALUES(?1,?2,?3,?4,?5,?6,?7)")                           \
	X(END_MOVE, "UPDATE moved SET to_seq=?2 WHERE id=?1")                                                                                    \
	X(PUT_ROW, "INSERT INTO fact_row(id,ident,received,stime,flags,blob) VALUES(?1,?2,?3,?4,?5,?6)")                                         \
	X(PUT_AT, "INSERT INTO fact_at(ident,id,stime) VALUES(?1,?2,?3)")                                                                        \
	X(PUT_MARK, "INSERT OR IGNORE INTO mark(ident,what,id) VALUES(?1,?2,?3)")                                                                \
	X(PUT_HEADER, "INSERT OR REPLACE INTO header(ident,seq,blob) VALUES(?1,?2,?3)")                                                          \
	X(DROP_HEADERS, "DELETE FROM header WHERE ident=?1")                                                                                     \
	X(PUT_WORD, "INSERT INTO word(word,ident,seq) VALUES(?1,?2,?3) ON CONFLICT(word,ident) DO UPDATE SET seq=excluded.seq WHERE excluded.seq<seq")                                                               \
	X(PUT_STAY, "INSERT INTO stay(id,person,from_seq,to_seq,expires,node,body) VALUES(?1,?2,?3,?4,?5,?6,?7)")                                \
	X(STAY_FROM, "SELECT from_seq FROM stay WHERE id=?1")                                                                                    \
	X(END_STAY, "UPDATE stay SET to_seq=?2, node=?3 WHERE id=?1")                                                                            \
	X(RENEW_STAY, "UPDATE stay SET expires=?2 WHERE id=?1")                                                                                   \
	X(DROP_STAY, "DELETE FROM stay WHERE id=?1")                                                                                             \
	X(PUT_REVIEW, "INSERT INTO review(id,ident,what,entry,other,since) VALUES(?1,?2,?3,?4,?5,?6)")                                           \
	X(PUT_EVENT, "INSERT OR REPLACE INTO event(seq,kind,time,user,patient,what,reason,text) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")                \
	X(PUT_TIMES, "INSERT OR REPLACE INTO times(block,first,blob) VALUES(?1,?2,?3)")                                                          \
	X(PUT_ECG, "INSERT OR REPLACE INTO ecg(entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)") \
	X(PUT_ECG_ACT, "INSERT OR REPLACE INTO ecg_act(ecg,entry,time,counts,source,body) VALUES(?1,?2,?3,?4,?5,?6)")                              \
	X(ECG, "SELECT entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip FROM ecg WHERE entry=?1")                            \
	X(ECGS, "SELECT entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip FROM ecg WHERE entry<?1 ORDER BY entry DESC")       \
	X(ECGS_TODO, "SELECT entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip FROM ecg WHERE due>0 AND (rank,entry)>=(?1,?2) ORDER BY rank,entry") \
	X(ECGS_OF, "SELECT entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip FROM ecg WHERE ident=?1 AND ident>0 ORDER BY entry DESC") \
	X(ECGS_STRIP, "SELECT entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip FROM ecg WHERE strip=?1 AND length(strip)>0 ORDER BY entry DESC") \
	X(ECGS_STRIP_UP, "SELECT entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip FROM ecg WHERE strip=?1 AND length(strip)>0 ORDER BY entry") \
	X(ECGS_STRIP_WEIGHS, "SELECT entry,last,ident,received,origin,reading,flags,due,rank,source,blob,strip FROM ecg WHERE strip=?1 AND length(strip)>0 AND (flags&16)<>0 ORDER BY entry") \
	X(ECG_ACTS, "SELECT ecg,entry,time,counts,source,body FROM ecg_act WHERE ecg=?1 ORDER BY entry")                                         \
	X(PUT_CAPTURE, "INSERT OR REPLACE INTO capture(entry,ident,kind,owner,state,flags,occurred,received,replaced,id,root,unit,patient,source,body) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)") \
	X(CAPTURE, "SELECT entry,ident,kind,owner,state,flags,occurred,received,replaced,id,root,unit,patient,source,body FROM capture WHERE entry=?1") \
	X(CAPTURES, "SELECT entry,ident,kind,owner,state,flags,occurred,received,replaced,id,root,unit,patient,source,body FROM capture WHERE entry>?1 ORDER BY entry") \
	X(CAPTURES_BACK, "SELECT entry,ident,kind,owner,state,flags,occurred,received,replaced,id,root,unit,patient,source,body FROM capture WHERE entry<?1 ORDER BY entry DESC") \
	X(CAPTURES_OF, "SELECT entry,ident,kind,owner,state,flags,occurred,received,replaced,id,root,unit,patient,source,body FROM capture WHERE ident=?1 AND ident>0 ORDER BY entry") \
	X(CAPTURE_BY_ID, "SELECT entry,ident,kind,owner,state,flags,occurred,received,replaced,id,root,unit,patient,source,body FROM capture WHERE id=?1 ORDER BY entry LIMIT 1") \
	X(CAPTURES_ROOT, "SELECT entry,ident,kind,owner,state,flags,occurred,received,replaced,id,root,unit,patient,source,body FROM capture WHERE root=?1 ORDER BY entry") \
	X(CAPTURE_COUNTS, "SELECT owner,state,count(*) FROM capture GROUP BY owner,state ORDER BY owner,state") \
	X(PUT_CAPTURE_ACT, "INSERT OR REPLACE INTO capture_act(capture,entry,time,counts,source,body) VALUES(?1,?2,?3,?4,?5,?6)") \
	X(CAPTURE_ACTS, "SELECT capture,entry,time,counts,source,body FROM capture_act WHERE capture=?1 ORDER BY entry") \
	X(PUT_KV, "INSERT OR REPLACE INTO kv(space,key,value) VALUES(?1,?2,?3)")                                                                 \
	X(IDENT, "SELECT id,value,assigner,type,space,first,k FROM ident WHERE id=?1")                                                           \
	X(IDENTS_BY_VALUE, "SELECT id,value,assigner,type,space,first,k FROM ident WHERE value=?1 ORDER BY id")                                  \
	X(IDENTS_OF_ASSIGNER, "SELECT id,value,assigner,type,space,first,k FROM ident WHERE assigner=?1 ORDER BY id")                            \
	X(EDGES_OPEN, "SELECT id,child,parent,named_child,named_parent,why,ended_by,time,from_seq,to_seq FROM edge WHERE why=?1 AND to_seq=" SQL_OPEN " ORDER BY id") \
	X(EDGE_UP, "SELECT id,child,parent,named_child,named_parent,why,ended_by,time,from_seq,to_seq FROM edge WHERE child=?1 AND from_seq<?2 AND to_seq>=?2 LIMIT 1") \
	X(EDGES_DOWN, "SELECT id,child,parent,named_child,named_parent,why,ended_by,time,from_seq,to_seq FROM edge WHERE parent=?1 AND from_seq<?2 AND to_seq>=?2 ORDER BY id") \
	X(EDGES_NAMED, "SELECT id,child,parent,named_child,named_parent,why,ended_by,time,from_seq,to_seq FROM edge WHERE named_child=?1 "      \
	               "UNION SELECT id,child,parent,named_child,named_parent,why,ended_by,time,from_seq,to_seq FROM edge WHERE named_parent=?1 ORDER BY id") \
	X(MOVES, "SELECT id,what,key,from_ident,to_ident,from_seq,to_seq FROM moved WHERE from_ident=?1 AND from_seq<?2 AND to_seq>=?2 "         \
	         "UNION SELECT id,what,key,from_ident,to_ident,from_seq,to_seq FROM moved WHERE to_ident=?1 AND from_seq<?2 AND to_seq>=?2 ORDER BY id") \
	X(ROWS, "SELECT r.id,r.ident,r.received,r.stime,r.flags,r.blob FROM fact_at a CROSS JOIN fact_row r ON r.id=a.id "                       \
	        "WHERE a.ident=?1 AND a.id>=?2 AND a.id<?3 ORDER BY a.id")                                                                       \
	X(ROWS_DESC, "SELECT r.id,r.ident,r.received,r.stime,r.flags,r.blob FROM fact_at a CROSS JOIN fact_row r ON r.id=a.id "                  \
	             "WHERE a.ident=?1 AND a.id>=?2 AND a.id<?3 ORDER BY a.id DESC")                                                             \
	X(ROW, "SELECT id,ident,received,stime,flags,blob FROM fact_row WHERE id=?1")                                                            \
	X(ROWS_OF_ENTRY, "SELECT id,ident,received,stime,flags,blob FROM fact_row WHERE id>=?1 AND id<?2 ORDER BY id")                          \
	X(LAST_ROW, "SELECT r.id,r.received FROM fact_at a CROSS JOIN fact_row r ON r.id=a.id WHERE a.ident=?1 AND a.id<?2 ORDER BY a.id DESC LIMIT 1") \
	X(COUNT_ROWS, "SELECT count(*) FROM fact_at WHERE ident=?1 AND id>=?2 AND id<?3")                                                        \
	X(MAX_SOURCE_TIME, "SELECT max(stime) FROM fact_at WHERE ident=?1")                                                                      \
	X(MARKED, "SELECT r.id,r.ident,r.received,r.stime,r.flags,r.blob FROM mark m CROSS JOIN fact_row r ON r.id=m.id "                        \
	          "WHERE m.ident=?1 AND m.what=?2 AND m.id<?3 ORDER BY m.id")                                                                    \
	X(HEADER, "SELECT blob FROM header WHERE ident=?1 AND seq<?2 ORDER BY seq DESC LIMIT 1")                                                 \
	X(WORDS, "SELECT word,ident,seq FROM word WHERE word>=?1 AND word<?2 ORDER BY word,ident LIMIT ?3")                                      \
	X(HAS_WORD, "SELECT seq FROM word WHERE word=?1 AND ident=?2")                                                                           \
	X(OPEN_STAY, "SELECT id,person,from_seq,to_seq,expires,body FROM stay WHERE person=?1 AND to_seq=" SQL_OPEN)                             \
	X(STAY_OF, "SELECT id,person,from_seq,to_seq,expires,body FROM stay WHERE person=?1 AND to_seq>=?2 AND from_seq<?2 ORDER BY to_seq LIMIT 1") \
	X(STAYS_OPEN, "SELECT id,person,from_seq,to_seq,expires,body FROM stay INDEXED BY stay_open WHERE from_seq<?1 AND to_seq=" SQL_OPEN)     \
	X(STAYS_LEFT, "SELECT id,person,from_seq,to_seq,expires,body FROM stay INDEXED BY stay_node_to WHERE node=?1 AND to_seq>=?2")            \
	X(STAYS_RIGHT, "SELECT id,person,from_seq,to_seq,expires,body FROM stay INDEXED BY stay_node_from WHERE node=?1 AND from_seq<?2")        \
	X(STAYS_DUE, "SELECT id,person,from_seq,to_seq,expires,body FROM stay WHERE expires<=?1 AND expires<" SQL_OPEN " AND to_seq=" SQL_OPEN " ORDER BY expires,id") \
	X(NEXT_DUE, "SELECT min(expires) FROM stay WHERE expires<" SQL_OPEN " AND to_seq=" SQL_OPEN)                                             \
	X(REVIEWS, "SELECT id,ident,what,entry,other,since FROM review WHERE ident=?1 AND entry<?2 ORDER BY id")                                 \
	X(EVENTS, "SELECT seq,kind,time,user,patient,what,reason,text FROM event WHERE seq<?1 ORDER BY seq DESC LIMIT ?2")                       \
	X(EVENTS_KIND, "SELECT seq,kind,time,user,patient,what,reason,text FROM event WHERE kind=?3 AND seq<?1 ORDER BY seq DESC LIMIT ?2")      \
	X(EVENTS_WHO, "SELECT seq,kind,time,user,patient,what,reason,text FROM event WHERE user=?4 AND seq<?1 AND (?3=0 OR kind=?3) "            \
	              "UNION SELECT seq,kind,time,user,patient,what,reason,text FROM event WHERE patient=?4 AND seq<?1 AND (?3=0 OR kind=?3) ORDER BY seq DESC LIMIT ?2") \
	X(TIMES, "SELECT blob,first FROM times WHERE block=?1")                                                                                        \
	X(TIMES_BEFORE, "SELECT block FROM times WHERE first<=?1 ORDER BY first DESC, block DESC LIMIT 1")                                       \
	X(KV, "SELECT value FROM kv WHERE space=?1 AND key=?2")                                                                                  \
	X(ALL_KV, "SELECT key,value FROM kv WHERE space=?1 ORDER BY key")

enum sql_id {
#define X(id, text) SQL_##id,
	SQL_STATEMENTS(X)
#undef X
	SQL_COUNT
};

struct sql_bulk; /* chart_sqlite_bulk.c: what waits to be put in order */

struct sqlite_store {
	struct store base;
	char *path, *bulk_path;
	bool write, immutable, in_transaction, bulk, looking;
	sqlite3 *db, *old; /* old: while a fresh one is being made */
	sqlite3_stmt *st[SQL_COUNT];
	dev_t dev;
	ino_t ino;
	struct sql_bulk *sorter;
};

extern const char *const sql_text[SQL_COUNT];
extern const char sql_schema[], sql_indexes[];

int sql_fail(sqlite3 *db, int rc, struct err *e, const char *doing);
int sql_exec(sqlite3 *db, const char *text, struct err *e, const char *doing);
/* A prepared statement, reset; NULL: *e is set. */
sqlite3_stmt *sql_get(struct sqlite_store *s, enum sql_id id, struct err *e);
/* Step a statement that returns nothing. */
int sql_run(struct sqlite_store *s, sqlite3_stmt *st, struct err *e);
void sql_finalize(struct sqlite_store *s);

/* chart_sqlite_open.c */
int sql_connect(struct sqlite_store *s, struct err *e) MUST;
int sql_look(struct store *base, bool *ret_changed, struct err *e);
void sql_look_done(struct store *base);
void sql_pragmas(sqlite3 *db, bool bulk);

/* chart_sqlite_bulk.c: rows and words of a rebuild wait here and go in sorted, so that the tables grow at their end or page by page instead of at random */
int sql_bulk_begin(struct store *base, struct err *e);
int sql_bulk_end(struct store *base, struct err *e);
void sql_bulk_drop(struct sqlite_store *s);
int sql_bulk_settle(struct sqlite_store *s, struct err *e); /* the rows that wait go in, so that they can be asked for */
int sql_bulk_at(struct sqlite_store *s, uint32_t ident, uint64_t id, int64_t source_time, struct err *e);
int sql_bulk_word(struct sqlite_store *s, struct slice word, uint32_t ident, uint64_t entry, struct err *e);

/* chart_sqlite_copy.c */
int sql_copy_open(struct store *base, uint64_t entries, struct chart_copy **ret, struct err *e);

#endif
