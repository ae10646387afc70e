/* SPDX-License-Identifier: MIT */
#include "auth/password_common.h"

#include <stddef.h>

const char *const password_common[] = {
    "12345678", "123456789", "1234567890", "0123456789", "9876543210",
    "987654321", "87654321", "1234567891", "12345678910", "123123123",
    "11223344", "1122334455", "12341234", "12344321", "123321123", "147258369",
    "159357456", "147852369", "789456123", "741852963", "123654789",
    "963852741", "password", "password1", "password12", "password123",
    "password1234", "password!", "passw0rd", "p@ssw0rd", "p@ssword",
    "pa55word", "pass1234", "pass12345", "passwort", "passwort1", "motdepasse",
    "contrasena", "12qwaszx", "1q2w3e4r", "1q2w3e4r5t",
    "1qaz2wsx", "1qazxsw2", "qwertyuiop", "qwerty12", "qwerty123",
    "qwerty1234", "qwerty12345", "qwertyui", "qwertyu1", "qwert123",
    "qwer1234", "q1w2e3r4", "q1w2e3r4t5", "asdfghjkl", "asdfasdf", "asdf1234",
    "zxcvbnm1", "zxcvbnm123", "azertyuiop", "qwertzuiop", "abcd1234",
    "abc12345", "abcdefgh", "abcdefg1", "abcdefghi", "a1b2c3d4", "aa123456",
    "a1234567", "a12345678", "a123456789", "iloveyou", "iloveyou1",
    "iloveyou2", "sunshine", "sunshine1", "princess", "princess1", "football",
    "football1", "baseball", "baseball1", "basketball", "superman",
    "superman1", "batman123", "starwars", "trustno1", "whatever", "welcome1",
    "welcome123", "letmein1", "letmein123", "master123", "monkey123",
    "dragon123", "shadow123", "michael1", "jennifer", "jessica1", "charlie1",
    "computer", "internet", "samsung1", "corvette", "mustang1", "liverpool",
    "liverpool1", "chocolate", "butterfly", "michelle", "elizabeth",
    "alexander", "victoria", "changeme", "changeme1", "changeit", "default1",
    "administrator", "admin123", "admin1234", "admin12345", "root1234",
    "test1234", "testtest", "guest123", "secret123", "mysecret", "hello123",
    "helloworld", "google123", "facebook", "linkedin", "pokemon1", "minecraft",
    "fortnite", "xxxxxxxx", "blink182", "loquat123",
    NULL,
};
