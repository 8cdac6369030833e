/* One function a command; each in the file of its name. */
#ifndef HOLDFAST_CLI_COMMANDS_H
#define HOLDFAST_CLI_COMMANDS_H

#include "cli_internal.h"

int cmd_init(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_paper(int argc, char **argv);
int cmd_chart(int argc, char **argv);
int cmd_ledger(int argc, char **argv);
int cmd_view(int argc, char **argv);
int cmd_hl7(int argc, char **argv);
int cmd_ecg(int argc, char **argv);
int cmd_gate(int argc, char **argv);
int cmd_packet(int argc, char **argv);
int cmd_transfer(int argc, char **argv);
int cmd_station(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_contacts(int argc, char **argv);
int cmd_feed(int argc, char **argv);
int cmd_quarantine(int argc, char **argv);
int cmd_identity(int argc, char **argv);
int cmd_agent(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_rebuild(int argc, char **argv);
int cmd_replica(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_vault(int argc, char **argv);
int cmd_retention(int argc, char **argv);
int cmd_hold(int argc, char **argv);
int cmd_erase(int argc, char **argv);
int cmd_downtime(int argc, char **argv);
int cmd_backload(int argc, char **argv);
int cmd_drill(int argc, char **argv);
int cmd_scope(int argc, char **argv);
int cmd_notice(int argc, char **argv);
int cmd_registry(int argc, char **argv);
int cmd_simulate(int argc, char **argv);

#endif
