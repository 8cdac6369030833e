/* Asked by the leak checker of a sanitizer build, and in no other: what the drawing libraries keep until the process ends is theirs. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libpango\nleak:libcairo\nleak:libglib\nleak:libgobject\nleak:libharfbuzz\nleak:libfreetype\n";
}
