#include "runtime/spec_parts.h"

#include "runtime/base/path.h"
#include "runtime/capname.h"
#include "runtime/secrets.h"

static int exec_user(const struct exec_opts *o, const json_t *own, json_t *process, struct err *err)
{
	json_t *user = NULL, *groups = json_object_get(own, "additionalGids"),
	       *names = json_object_get(own, "additionalGroups");
	int r;

	if (str_empty(o->user))
		return 0;
	r = spec_user(o->user, NULL, NULL, &user, err);
	if (r < 0)
		return r;
	/* what the container was given with --group-add and --umask holds for everybody in it */
	if (groups)
		json_object_set(user, "additionalGids", groups);
	if (names)
		json_object_set(user, "additionalGroups", names);
	if (json_object_get(own, "umask"))
		json_object_set(user, "umask", json_object_get(own, "umask"));
	json_object_set_new(process, "user", user);
	return 0;
}

static int exec_env(const struct container *c, const struct exec_opts *o, const json_t *own,
	json_t *process, struct err *err)
{
	_cleanup_strv_ struct strv env = {0};
	int r;

	json_get_strv(own, "env", &env);
	r = secrets_env(own, c->dirfd, &env, err);
	if (r < 0)
		return r;
	if (o->tty && !strv_find_key(&env, "TERM"))
		strv_set_key(&env, "TERM", "xterm");
	r = spec_env(&env, &o->env_file, &o->env, err);
	if (r < 0)
		return r;
	json_object_set_new(process, "env", json_from_strv(&env));
	return 0;
}

static int exec_cwd(const struct exec_opts *o, json_t *process, struct err *err)
{
	_cleanup_free_ char *clean = NULL;

	if (str_empty(o->workdir))
		return 0;
	if (!path_is_abs(o->workdir)) {
		err_set(err, ERR_USAGE, "--workdir '%s' is not an absolute path", o->workdir);
		return err_hint(err, "write a path inside the container that begins with /");
	}
	clean = path_clean(o->workdir);
	json_set_str(process, "cwd", clean);
	return 0;
}

int spec_exec(const struct container *c, const json_t *config, const struct exec_opts *o,
	json_t **ret_process, struct err *err)
{
	const json_t *own = json_object_get(config, "process");
	_cleanup_json_ json_t *process = json_copy((json_t *)(uintptr_t)own);
	int r;

	if (!json_is_object(process))
		return err_set(
			err, EBADMSG, "the configuration of container %s is damaged", c->name);
	if (o->args.n == 0) {
		err_set(err, ERR_USAGE, "no command");
		return err_hint(err, "give the command behind the container's name");
	}
	json_object_set_new(process, "args", json_from_strv(&o->args));
	json_object_set_new(process, "terminal", json_boolean(o->tty));
	r = exec_user(o, json_object_get(own, "user"), process, err);
	if (r >= 0)
		r = exec_env(c, o, own, process, err);
	if (r >= 0)
		r = exec_cwd(o, process, err);
	if (r < 0)
		return r;
	if (o->privileged) {
		_cleanup_json_ json_t *all = capname_json(capname_all());

		json_object_set_new(process, "capabilities",
			json_pack("{s:O, s:O, s:O, s:[], s:[]}", "bounding", all, "effective", all,
				"permitted", all, "inheritable", "ambient"));
	}
	*ret_process = take_ptr(process);
	return 0;
}
