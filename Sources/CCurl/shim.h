#ifndef PASSERELLE_CCURL_SHIM_H
#define PASSERELLE_CCURL_SHIM_H

// What Swift cannot import from libcurl: its variadic functions, one typed function per kind of value.

#include <curl/curl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef size_t (*pcurl_data_callback)(char *, size_t, size_t, void *);
typedef int (*pcurl_seek_callback)(void *, curl_off_t, int);
typedef int (*pcurl_debug_callback)(CURL *, curl_infotype, char *, size_t, void *);
typedef int (*pcurl_prereq_callback)(void *, char *, char *, int, int);
typedef int (*pcurl_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*pcurl_timer_callback)(CURLM *, long, void *);

static inline CURLcode pcurl_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode pcurl_set_offset(CURL *h, CURLoption o, int64_t v) { return curl_easy_setopt(h, o, (curl_off_t)v); }
static inline CURLcode pcurl_set_string(CURL *h, CURLoption o, const char *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode pcurl_set_pointer(CURL *h, CURLoption o, void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode pcurl_set_list(CURL *h, CURLoption o, struct curl_slist *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode pcurl_set_callback(CURL *h, CURLoption o, pcurl_data_callback v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode pcurl_set_seek(CURL *h, pcurl_seek_callback v) { return curl_easy_setopt(h, CURLOPT_SEEKFUNCTION, v); }
static inline CURLcode pcurl_set_debug(CURL *h, pcurl_debug_callback v) { return curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, v); }

static inline CURLcode pcurl_set_prereq(CURL *h, pcurl_prereq_callback v) { return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, v); }

static inline CURLMcode pcurl_multi_set_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode pcurl_multi_set_pointer(CURLM *m, CURLMoption o, void *v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode pcurl_multi_set_socket(CURLM *m, pcurl_socket_callback v) { return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, v); }
static inline CURLMcode pcurl_multi_set_timer(CURLM *m, pcurl_timer_callback v) { return curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, v); }

/// The next exchange of the multi handle that ended: its easy handle and how; NULL when there is none.
static inline CURL *pcurl_multi_ended(CURLM *m, CURLcode *result) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(m, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

/// The bytes are copied by libcurl.
static inline CURLcode pcurl_set_blob(CURL *h, CURLoption o, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(h, o, &blob);
}

static inline CURLcode pcurl_get_long(CURL *h, CURLINFO i, long *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode pcurl_get_offset(CURL *h, CURLINFO i, int64_t *v) {
    curl_off_t n = 0;
    CURLcode r = curl_easy_getinfo(h, i, &n);
    *v = n;
    return r;
}
static inline CURLcode pcurl_get_socket(CURL *h, curl_socket_t *v) { return curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, v); }

/// What waits for many sockets at once, and what wakes it.
static inline int pcurl_poll_make(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int pcurl_event_make(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int pcurl_poll_change(int poll, int operation, int socket, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = socket};
    return epoll_ctl(poll, operation, socket, &event);
}

/// A file without a name, for the one thing (certificate revocation lists) that libcurl only reads from a path.
static inline int pcurl_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */); }

#endif
