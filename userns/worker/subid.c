/*
 * rl-subid - print what the system knows of a user: account and subordinate id ranges
 *
 * A program of its own because libsubid and getpwuid(3) may load name service modules (SSSD, LDAP) and what they bring along.
 * Usage: rl-subid UID|NAME.  Output: {"name":…, "home":…, "full":…, "id":…, "group":…, "uid":[[START,COUNT],…],
 * "gid":[[START,COUNT],…]}, only the last two if there is no such user.
 */
#include "runtime/base/confine.h"
#include "runtime/base/json.h"
#include "runtime/base/parse.h"

#include <pwd.h>
#include <shadow/subid.h>
#include <stdio.h>
#include <string.h>

typedef int (*get_ranges_fn)(const char *owner, struct subid_range **ranges);

/* Ranges may be assigned to the name or to the number. */
static json_t *query(get_ranges_fn get, const char *name, const char *number)
{
	_cleanup_free_ struct subid_range *ranges = NULL;
	int n = name ? get(name, &ranges) : 0;
	json_t *list = json_array();

	if (n <= 0) {
		free(ranges);
		ranges = NULL;
		n = get(number, &ranges);
	}
	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_pack("[I, I]", (json_int_t)ranges[i].start,
						    (json_int_t)ranges[i].count));
	return list;
}

int main(int argc, char **argv)
{
	_cleanup_json_ json_t *answer = json_object();
	const struct passwd *pw;
	uint64_t uid;

	if (argc != 2) {
		fprintf(stderr, "usage: rl-subid UID|NAME\n");
		return 2;
	}
	/* what is wrong shows in the result; libsubid's own messages would only repeat it */
	if (!subid_init("rl-subid", NULL))
		return 1;
	/* the modules that know the accounts read files and ask daemons; they write nothing */
	confine_caps();
	confine_writes(-EBADF);
	pw = parse_u64_max(argv[1], UINT32_MAX - 1, &uid) == 0 ? getpwuid((uid_t)uid)
							       : getpwnam(argv[1]);
	if (pw) {
		json_set_str(answer, "name", pw->pw_name);
		json_set_str(answer, "home", pw->pw_dir);
		json_set_str(answer, "full", pw->pw_gecos);
		json_object_set_new(answer, "id", json_integer((json_int_t)pw->pw_uid));
		json_object_set_new(answer, "group", json_integer((json_int_t)pw->pw_gid));
	}
	json_object_set_new(
		answer, "uid", query(subid_get_uid_ranges, pw ? pw->pw_name : NULL, argv[1]));
	json_object_set_new(
		answer, "gid", query(subid_get_gid_ranges, pw ? pw->pw_name : NULL, argv[1]));
	if (json_dumpf(answer, stdout, JSON_COMPACT) < 0)
		return 1;
	return fflush(stdout) == 0 ? 0 : 1;
}
