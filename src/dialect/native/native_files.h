/* SPDX-License-Identifier: MIT
 *
 * The files that travel over one native connection (docs/protocol.md §13):
 * streams by number, each an upload or a download, side by side with the chat.
 *
 * Uploads: the client may send as many bytes as it has credit for, and gets
 * new credit as they reach the disk, so that a connection's share of memory is
 * LIMIT_CREDIT_BYTES per stream, whatever the peer does. Downloads: the drain
 * slot sends one small piece of each stream in turn, and only while almost
 * nothing is queued, so that what the chat says meanwhile is soon on its way.
 *
 * Answers about streams come when they come: a mover, or the uploader's next
 * byte, decides when. Nothing is held for them. */
#ifndef DIALECT_NATIVE_NATIVE_FILES_H
#define DIALECT_NATIVE_NATIVE_FILES_H

#include "dialect/conn.h"
#include "wire/envelope.h"

struct file_streams;

/* Zeroed at first. */
struct native_files {
    struct file_streams *open;   /* owned; NULL while there are none */
    uint64_t numbers;            /* so many were given to streams */
};

/* PutFile, GetFile, Credit and FileEnd; any other body is not ours: false. */
bool native_files_request(struct conn *c, struct native_files *files,
                          const Envelope *e);

/* A frame of kind 2. WIRE_BAD: the peer has broken the rules, and *why (a
 * static text) says which. Bytes of a stream that is over are dropped. */
enum wire native_files_bytes(struct conn *c, struct native_files *files,
                             const struct frame *frame, const char **why);

/* False: this answer is not a stream's. */
bool native_files_answer(struct conn *c, struct native_files *files,
                         const struct event *e);

/* EVENT_REMOVED: its room's streams are over, up and down. */
void native_files_removed(struct conn *c, struct native_files *files,
                          const struct event *e);

/* The drain slot. */
void native_files_drain(struct conn *c, struct native_files *files);

/* The connection goes: uploads stay resumable. */
void native_files_close(struct conn *c, struct native_files *files);

#endif
