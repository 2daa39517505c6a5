/*
 * login_ask - the credentials to log in with: from options, standard input or the terminal
 */
#ifndef RL_CMD_LOGIN_ASK_H
#define RL_CMD_LOGIN_ASK_H

#include "storage/credentials.h"

#include <stdbool.h>

/**
 * struct login_given - what the options say; borrowed
 * @user, @password: NULL where they are to be asked for
 * @password_stdin:  the password is all that comes on standard input
 */
struct login_given {
	const char *user, *password;
	bool password_stdin;
};

/**
 * login_ask() - get what is missing
 * @known: user name that is on file and taken where nothing is typed, or NULL
 * Return: 0, or -ERR_USAGE where there is no terminal to ask on, or what came cannot be used
 */
int login_ask(const struct login_given *given, const char *known, struct credentials *ret,
	struct err *err);

#endif
