/* holdfast notice: who is to be told, until when, and with which letter. */
#include "notice_cmd.h"

int cmd_notice(int argc, char **argv)
{
	static const struct cli_command verbs[] = {
		{"duties", "who has to be told, until when and why", notice_duties_cmd},
		{"letters", "letters to persons as PDF, and the file for the mail-house; or one, to look at", notice_letter_cmd},
		{"mailfile", "the file for the mail-house and its manifest alone", notice_mailfile_cmd},
		{"forms", "what authorities' forms ask for, filled from the case; notices to the public", notice_forms_cmd},
		{"returned", "what the mail-house sends back", notice_returned_cmd},
		{"told", "that an authority or somebody else was told: the duty, the day, the proof", notice_told_cmd},
		{"sign", "sign for files of a case: two different people, before anything goes out", notice_sign_cmd},
		{"ready", "who signed for which files, and whether they may go out", notice_ready_cmd},
		{NULL, NULL, NULL},
	};
	return cli_verbs(argc, argv, "notice", "Who is to be told, until when, and with which letter. Nothing is sent.", verbs, ARRAY_LEN(verbs) - 1);
}
