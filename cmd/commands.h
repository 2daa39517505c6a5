/*
 * The one list of commands, in the order in which `rl help` shows them: included where GROUP(), COMMAND() and
 * ALIAS() are defined, so it has no include guard.  COMMAND(x) is the `const struct cmd cmd_x` of cmd/x.c;
 * ALIAS("image ls", images) is another way to type it, not shown in the overview.
 * Keep one command a line.
 */
#ifndef COMMAND
#define GROUP(heading)
#define ALIAS(words, sym)
#define COMMAND(sym)
#endif

GROUP("Run containers")
COMMAND(run)
ALIAS("container run", run)
COMMAND(create)
ALIAS("container create", create)
COMMAND(start)
ALIAS("container start", start)
COMMAND(stop)
ALIAS("container stop", stop)
COMMAND(kill)
ALIAS("container kill", kill)
COMMAND(rm)
ALIAS("container rm", rm)
COMMAND(wait)
ALIAS("container wait", wait)
COMMAND(attach)
ALIAS("container attach", attach)
COMMAND(exec)
ALIAS("container exec", exec)

GROUP("Look at containers")
COMMAND(ps)
ALIAS("container ls", ps)
ALIAS("container ps", ps)
ALIAS("container list", ps)
COMMAND(logs)
ALIAS("container logs", logs)
COMMAND(inspect)
COMMAND(container_inspect)
COMMAND(image_inspect)

GROUP("Images")
COMMAND(images)
ALIAS("image ls", images)
ALIAS("image list", images)
COMMAND(import)
ALIAS("image import", import)
COMMAND(load)
ALIAS("image load", load)
COMMAND(pull)
COMMAND(rmi)
ALIAS("image rm", rmi)
COMMAND(tag)
ALIAS("image tag", tag)

GROUP("rl itself")
COMMAND(info)
COMMAND(doctor)
COMMAND(version)
COMMAND(completion)
COMMAND(help)
