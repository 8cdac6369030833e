/* cli: one file a command. It only wires: reads options, asks the rooms below, prints. */
#ifndef HOLDFAST_CLI_H
#define HOLDFAST_CLI_H

/* The program without its role entry: returns the exit status of DESIGN 9 (0 done, 1 no or bad input, 2 wrong usage, 3 the system failed). */
int cli_main(int argc, char **argv);

/* What the vault role asks of the vault: for serve_vault_use, before anything else. */
struct serve_vault;
const struct serve_vault *cli_serve_vault(void);

#endif
