/* The program: a role when the supervisor started it as one, else a command. */
#include "cli.h"
#include "serve.h"

int main(int argc, char **argv)
{
	int status = serve_role_main(argc, argv);
	return status >= 0 ? status : cli_main(argc, argv);
}
