/* Every command, in the order a new owner meets them. */
#include "commands.h"

const struct cli_command cli_commands[] = {
	{"init", "make a site: folder, keys, recovery shares, ledger", cmd_init},
	{"serve", "run it: take the feed in, show the charts", cmd_serve},
	{"status", "feeds, roles, disk, keys: what is well and what is not", cmd_status},
	{"import", "take files in: HL7 v2, batches, FHIR R4 bundles, NDJSON", cmd_import},
	{"chart", "read charts: census, search, patient, now or as of any moment", cmd_chart},
	{"ledger", "list, show, prove and verify what was recorded", cmd_ledger},
	{"replica", "copies of the site elsewhere: folders, object stores, web servers", cmd_replica},
	{"rebuild", "a bare machine becomes the site again, from a replica and the recovery shares", cmd_rebuild},
	{"view", "rebuild the charts from the ledger, up to any entry", cmd_view},
	{"hl7", "show HL7 v2 files as JSON, with what is wrong in them", cmd_hl7},
	{"ecg", "recordings of the heart: read, measure, report, convert, send", cmd_ecg},
	{"packet", "a unit's charts in one file that opens with no network", cmd_packet},
	{"gate", "links to partners, exposed devices, the plan to isolate", cmd_gate},
	{"downtime", "begin, follow and close a downtime; what is still open", cmd_downtime},
	{"backload", "what was captured, back into the EHR, each item once", cmd_backload},
	{"identity", "merge or un-merge two records, reversibly", cmd_identity},
	{"feed", "which feeds are waited for, and which are over", cmd_feed},
	{"quarantine", "entries that could not be read: list them, read them again", cmd_quarantine},
	{"user", "add, list and disable accounts", cmd_user},
	{"token", "make and revoke tokens for programs", cmd_token},
	{"key", "test, join and make recovery shares; other keys; who opens what", cmd_key},
	{"vault", "back up file trees, give them back, say what was clean until when", cmd_vault},
	{"watch", "see files being destroyed, stop who does it, put them back", cmd_watch},
	{"agent", "let other hosts bring their backups: credentials that open nothing", cmd_agent},
	{"retention", "for how long backups are kept, what is due, and erasing it", cmd_retention},
	{"hold", "what must not be erased, whatever a rule says", cmd_hold},
	{"erase", "what was erased, which copies said so, and what is pending where", cmd_erase},
	{"simulate", "send a synthetic hospital over MLLP, or write it to a file", cmd_simulate},
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);
