/* The program: a role when the supervisor started it as one, else a command. */
#include "cli.h"
#include "serve.h"

/* Asked by the leak checker of a sanitizer build, and by nobody else: what the drawing libraries keep until the process ends is theirs. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libpango\nleak:libcairo\nleak:libglib\nleak:libgobject\nleak:libharfbuzz\nleak:libfreetype\n";
}

int main(int argc, char **argv)
{
	serve_vault_use(cli_serve_vault());
	int status = serve_role_main(argc, argv);
	return status >= 0 ? status : cli_main(argc, argv);
}
