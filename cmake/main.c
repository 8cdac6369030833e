/* The program: a role when the supervisor started it as one, else a command. */
#include "cli.h"
#include "serve.h"

int main(int argc, char **argv)
{
	serve_vault_use(cli_serve_vault());
	int status = serve_role_main(argc, argv);
	return status >= 0 ? status : cli_main(argc, argv);
}
