#include "runtime/standstill.h"

#include "runtime/attach.h"
#include "runtime/base/clock.h"
#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/client.h"

/* between two looks, the longer it takes the longer */
#define STEP_MIN_MS 1
#define STEP_MAX_MS 50

static int ended(struct err *err)
{
	return err_say(err, EBUSY, "the container is being stopped");
}

static void go_on(struct standstill *s)
{
	bool was = s->reached;

	freeze_thaw(&s->freeze);
	s->lock = lock_drop(s->lock);
	s->coming = s->reached = false;
	s->due = 0;
	if (was)
		s->record(s->arg, false, NULL);
}

static void failed(struct standstill *s, const struct err *err)
{
	go_on(s);
	s->asked = false;
	/* those who hold it have not got it yet: all of them wait */
	relay_answer(s->relay, CLIENT_WAITS | CLIENT_HOLDS, err);
}

static int take_lock(struct standstill *s, struct err *err)
{
	struct err why = {0};

	if (s->lock >= 0)
		return 0;
	s->lock = lock_open(s->runfd, STANDSTILL_LOCK, LOCK_EXCLUSIVE, LOCK_NOW, &why);
	if (s->lock >= 0 && s->group >= 0) {
		freeze_begin_group(&s->freeze, s->group);
		return 0;
	}
	if (s->lock >= 0)
		return freeze_begin(&s->freeze, s->init, s->own_userns, s->own_pidns, err);
	if (s->lock == -EWOULDBLOCK && clock_ms() - s->since < FREEZE_LIMIT_MS)
		return -EAGAIN;
	if (s->lock == -EWOULDBLOCK) {
		err_say(err, EBUSY,
			"a process is being added to it, and that does not come to an end");
		return err_hint(err, "look for a stopped 'rl exec'");
	}
	if (err)
		*err = why;
	return s->lock;
}

static void come(struct standstill *s)
{
	struct err err = {0};
	int64_t took = clock_ms() - s->since;
	int r = take_lock(s, &err);

	if (r == 0)
		r = freeze_step(&s->freeze, &err);
	if (r == -EAGAIN) {
		s->due = clock_ms() +
			 (took / 20 > STEP_MAX_MS ? STEP_MAX_MS : took / 20 + STEP_MIN_MS);
		return;
	}
	s->due = 0;
	if (r == 0)
		r = s->record(s->arg, true, &err);
	if (r < 0) {
		failed(s, &err);
		return;
	}
	s->coming = false;
	s->reached = true;
	s->lock = lock_drop(s->lock);
	relay_answer(s->relay, CLIENT_WAITS, NULL);
}

void standstill_turn(struct standstill *s)
{
	bool wanted = s->asked || relay_marked(s->relay, CLIENT_HOLDS);

	if (!wanted && (s->coming || s->reached)) {
		go_on(s);
	} else if (wanted && !s->coming && !s->reached) {
		s->coming = true;
		s->since = clock_ms();
		come(s);
	} else if (s->coming && clock_ms() >= s->due) {
		come(s);
	}
}

static int refuse(
	const struct standstill *s, const struct relay_client *c, unsigned type, struct err *err)
{
	if (s->init <= 0)
		return ended(err);
	if (type == ATTACH_PAUSE && s->asked)
		return err_say(err, EALREADY, "it is already paused");
	if (type == ATTACH_UNPAUSE && !s->asked && !client_marks(c, CLIENT_HOLDS)) {
		if (!relay_marked(s->relay, CLIENT_HOLDS)) {
			err_say(err, EINVAL, "it is not paused");
			return err_hint(err, "'rl ps --filter status=paused' lists those that are");
		}
		err_say(err, EBUSY, "another command needs it to stand still");
		return err_hint(err, "it goes on when that command has ended");
	}
	return 0;
}

void standstill_request(struct standstill *s, struct relay_client *c, unsigned type)
{
	struct err err = {0};

	if (refuse(s, c, type, &err) < 0) {
		client_result(c, &err);
		return;
	}
	if (type == ATTACH_UNPAUSE) {
		if (client_marks(c, CLIENT_HOLDS))
			client_unmark(c, CLIENT_HOLDS);
		else
			s->asked = false;
		err_say(&err, ECANCELED, "it was unpaused before it stood still");
		if (s->coming && !s->asked && !relay_marked(s->relay, CLIENT_HOLDS))
			relay_answer(s->relay, CLIENT_WAITS, &err);
		standstill_turn(s);
		client_result(c, NULL);
		return;
	}
	s->asked |= type == ATTACH_PAUSE;
	client_mark(c, type == ATTACH_HOLD ? CLIENT_HOLDS : 0);
	if (s->reached)
		client_result(c, NULL);
	else
		client_mark(c, CLIENT_WAITS);
}

void standstill_end(struct standstill *s)
{
	struct err err = {0};

	ended(&err);
	s->init = 0;
	s->asked = false;
	/* who holds it learns it as soon as it reads */
	relay_answer(s->relay, CLIENT_WAITS | CLIENT_HOLDS, &err);
	standstill_turn(s);
}

void standstill_done(struct standstill *s)
{
	freeze_done(&s->freeze);
	s->lock = lock_drop(s->lock);
	s->init = 0;
	s->asked = s->coming = s->reached = false;
	s->due = 0;
}
