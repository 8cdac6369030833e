/* The verbs of `holdfast contacts`, each in the file of its name. */
#ifndef HOLDFAST_CLI_CONTACTS_CMD_H
#define HOLDFAST_CLI_CONTACTS_CMD_H

#include "commands.h"
#include "contacts.h"

int contacts_import_cmd(int argc, char **argv);
int contacts_remove_cmd(int argc, char **argv);
int contacts_list_cmd(int argc, char **argv);
int contacts_export_cmd(int argc, char **argv);

#endif
